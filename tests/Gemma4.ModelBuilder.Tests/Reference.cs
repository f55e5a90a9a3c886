using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>Reads numbers of a reference.json.</summary>
internal static class Reference
{
    public static JsonElement Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    public static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    public static float[] Floats(string base64) =>
        MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(base64)).ToArray();

    public static float LargestDifference(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]));
        }

        return largest;
    }
}
