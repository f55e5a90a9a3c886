using System.Text.Json;
using Gemma4.Models;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>What the engine has to know of genai_config.json before the library reads it.</summary>
internal sealed record ConfigFacts
{
    /// <summary>The execution provider that the file names first, in its short form; the processor when it names none.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether past and present share one buffer of fixed size, which is what lets the library rewind.</summary>
    public required bool SharesBuffer { get; init; }

    /// <summary>Whether the file describes sliding windows; the library's defaults for them are wrong for Gemma.</summary>
    public required bool HasSlidingWindow { get; init; }

    internal static ConfigFacts Read(Gemma4ModelFolder folder)
    {
        string path = Path.Combine(folder.Directory, "genai_config.json");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement decoder = Member(Member(document.RootElement, "model"), "decoder");
            JsonElement search = Member(document.RootElement, "search");
            return new ConfigFacts
            {
                Provider = ProviderOf(Member(Member(decoder, "session_options"), "provider_options")),
                SharesBuffer = Member(search, "past_present_share_buffer").ValueKind == JsonValueKind.True,
                HasSlidingWindow = Member(decoder, "sliding_window").ValueKind == JsonValueKind.Object,
            };
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException($"'{path}' could not be read: {exception.Message} Copy the file again, or build the folder again with 'gemma4 build'.", exception);
        }
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement member) ? member : default;

    /// <summary>The library takes "CUDAExecutionProvider", "CUDA" and "cuda" for the same.</summary>
    internal static string ShortName(string provider)
    {
        const string Suffix = "executionprovider";
        string name = provider.Trim().ToLowerInvariant();
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
    }

    private static string ProviderOf(JsonElement list)
    {
        if (list.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in list.EnumerateArray())
            {
                foreach (JsonProperty property in entry.ValueKind == JsonValueKind.Object ? entry.EnumerateObject() : default)
                {
                    return ShortName(property.Name);
                }
            }
        }

        return NativeGenerationEngine.Processor;
    }
}
