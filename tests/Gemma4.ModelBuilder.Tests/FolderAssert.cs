namespace Gemma4.ModelBuilder.Tests;

/// <summary>Compares two folders byte for byte.</summary>
internal static class FolderAssert
{
    public static void Equal(string expected, string actual)
    {
        Assert.Equal(Names(expected), Names(actual));
        foreach (var name in Names(expected))
        {
            var same = File.ReadAllBytes(Path.Combine(expected, name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(actual, name)));
            Assert.True(same, $"{name} differs between '{expected}' and '{actual}'.");
        }
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
}
