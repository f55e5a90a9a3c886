using System.Text.Json;
using Gemma4.ModelBuilder.Checkpoints;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>What generation_config.json recommends; the defaults are those of the published models.</summary>
internal sealed record GenerationConfig
{
    public int BeginId { get; private init; } = 2;

    public int PadId { get; private init; }

    public IReadOnlyList<int> StopIds { get; private init; } = [];

    public bool DoSample { get; private init; } = true;

    public double Temperature { get; private init; } = 1;

    public int TopK { get; private init; } = 64;

    public double TopP { get; private init; } = 0.95;

    /// <summary>Reads the file; a missing one gives the defaults.</summary>
    public static GenerationConfig Read(string path)
    {
        if (!File.Exists(path))
        {
            return new GenerationConfig();
        }

        using var document = JsonFile.Parse(path);
        var reader = new ConfigReader(path, document.RootElement);
        var defaults = new GenerationConfig();
        return new GenerationConfig
        {
            BeginId = reader.OptionalSize("bos_token_id") ?? defaults.BeginId,
            PadId = reader.OptionalSize("pad_token_id") ?? defaults.PadId,
            StopIds = ReadStopIds(reader, document.RootElement),
            DoSample = reader.Flag("do_sample", defaults.DoSample),
            Temperature = reader.OptionalNumber("temperature") ?? defaults.Temperature,
            TopK = reader.OptionalSize("top_k") ?? defaults.TopK,
            TopP = reader.OptionalNumber("top_p") ?? defaults.TopP,
        };
    }

    private static int[] ReadStopIds(ConfigReader reader, JsonElement root)
    {
        if (!root.TryGetProperty("eos_token_id", out var ids) || ids.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (ids.ValueKind != JsonValueKind.Array)
        {
            return [reader.OptionalSize("eos_token_id") ?? 1];
        }

        return [.. ids.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.Number
            && id.TryGetInt32(out var number) ? number : throw reader.Wrong("eos_token_id", "must hold token ids"))];
    }
}
