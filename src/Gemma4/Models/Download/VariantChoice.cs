namespace Gemma4.Models.Download;

/// <summary>Finds the variants in a listing and picks the one that was asked for.</summary>
internal static class VariantChoice
{
    private const string GenAiConfig = "genai_config.json";

    private static readonly string[] Precisions =
        ["fp32", "fp16", "bf16", "q1", "q2", "q2f16", "q4", "q4f16", "q8", "quantized", "int4", "int8", "uint8", "bnb4"];

    private static readonly string[] Companions =
        ["*.json", "*.jinja", "*.txt", "tokenizer.model", "LICENSE*", "NOTICE*"];

    private static readonly string[] Licences = ["LICENSE*", "NOTICE*"];

    internal static ModelVariant Choose(HubListing listing, ModelReference model, DownloadSettings settings)
    {
        ModelVariant chosen = settings.Include.Count > 0
            ? Selected(listing, settings)
            : OneOf(Find(listing.Files), model, settings);
        if (settings.Exclude.Count > 0)
        {
            chosen = chosen with { Files = [.. chosen.Files.Where(file => !GlobPattern.MatchesAny(settings.Exclude, file.Path))] };
        }

        return chosen.Files.Count > 0
            ? chosen
            : throw new Gemma4DownloadException($"The patterns leave no file of '{model}'. It holds {Sample(listing.Files)}.");
    }

    internal static IReadOnlyList<ModelVariant> Find(IReadOnlyList<HubFile> files)
    {
        List<ModelVariant> variants = [];
        string[] folders = [.. files.Where(file => file.Name == GenAiConfig).Select(file => file.Folder)];
        foreach (string folder in folders)
        {
            variants.Add(GenAi(folder, folders, files));
        }

        HubFile[] companions = [.. files.Where(file => file.Folder.Length == 0 && GlobPattern.MatchesAny(Companions, file.Path)
            && file.Name != GenAiConfig && !file.Name.EndsWith(".index.json", StringComparison.Ordinal))];
        // A graph beside genai_config.json belongs to that variant.
        HubFile[] graphs = [.. files.Where(file => file.Folder is "onnx" or "" && !folders.Contains(file.Folder)
            && file.Name.EndsWith(".onnx", StringComparison.Ordinal))];
        foreach (IGrouping<string, HubFile> group in graphs.GroupBy(graph => PrecisionOf(graph.Name)))
        {
            HubFile[] data = [.. files.Where(file => group.Any(graph => IsDataOf(file, graph)))];
            variants.Add(new ModelVariant(group.Key, [.. group, .. data, .. companions]));
        }

        HubFile[] weights = [.. files.Where(file => file.Folder.Length == 0
            && (file.Name.EndsWith(".safetensors", StringComparison.Ordinal) || file.Name.EndsWith(".safetensors.index.json", StringComparison.Ordinal)))];
        if (weights.Any(file => file.Name.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            variants.Add(new ModelVariant(ModelVariant.Checkpoint, [.. weights, .. companions]));
        }

        return variants;
    }

    private static ModelVariant OneOf(IReadOnlyList<ModelVariant> variants, ModelReference model, DownloadSettings settings)
    {
        if (variants.Count == 0)
        {
            throw new Gemma4DownloadException(
                $"'{model}' holds no model that is known here: no genai_config.json, no .onnx graph, no .safetensors checkpoint. Choose files by Include patterns (--include), or take another repository.");
        }

        if (settings.OnlyRunnable)
        {
            variants = [.. variants.Where(variant => variant.Name != ModelVariant.Checkpoint)];
            if (variants.Count == 0)
            {
                throw new Gemma4DownloadException(
                    $"'{model}' is a checkpoint, which must be built before it runs: 'gemma4 pull {model}', then 'gemma4 build', then set Gemma4Options.ModelPath to the built folder.");
            }
        }

        IReadOnlyList<string> names = ModelVariant.Match([.. variants.Select(variant => variant.Name)], settings.Precision);
        return names.Count switch
        {
            1 => variants.Single(variant => variant.Name == names[0]),
            0 => throw new Gemma4DownloadException($"'{model}' has no variant '{settings.Precision}'. It has {List(variants)}."),
            _ => throw new Gemma4DownloadException(
                $"'{model}' has several variants{(settings.Precision is null ? "" : $" for '{settings.Precision}'")}: "
                + $"{List(variants.Where(variant => names.Contains(variant.Name)))}. Choose one by Precision (--precision)."),
        };
    }

    private static ModelVariant Selected(HubListing listing, DownloadSettings settings)
    {
        HubFile[] files = [.. listing.Files.Where(file => GlobPattern.MatchesAny(settings.Include, file.Path))];
        // Patterns that pick one GenAI folder give the same flat folder as its name would.
        HubFile[] configs = [.. files.Where(file => file.Name == GenAiConfig)];
        string root = configs.Length == 1 && configs[0].Folder.Length > 0 ? configs[0].Folder + "/" : "";
        bool flatten = root.Length > 0 && files.All(file => file.Path.StartsWith(root, StringComparison.Ordinal));
        return new ModelVariant(
            ModelVariant.Selection,
            flatten ? [.. files.Select(file => file with { Target = file.Path[root.Length..] })] : files);
    }

    private static ModelVariant GenAi(string folder, string[] folders, IReadOnlyList<HubFile> files)
    {
        if (folder.Length == 0)
        {
            return new ModelVariant("genai", [.. files.Where(file => file.Folder.Length == 0
                && file.Name[0] != '.' && !file.Name.EndsWith(".md", StringComparison.OrdinalIgnoreCase))]);
        }

        string root = folder + "/";
        string[] inner = [.. folders.Where(other => other.StartsWith(root, StringComparison.Ordinal)).Select(other => other + "/")];
        List<HubFile> own = [.. files
            .Where(file => file.Path.StartsWith(root, StringComparison.Ordinal) && !inner.Any(other => file.Path.StartsWith(other, StringComparison.Ordinal)))
            .Select(file => file with { Target = file.Path[root.Length..] })];
        own.AddRange(files.Where(file => file.Folder.Length == 0 && GlobPattern.MatchesAny(Licences, file.Path)
            && !own.Any(other => other.Target.Equals(file.Path, StringComparison.OrdinalIgnoreCase))));
        return new ModelVariant(folder, own);
    }

    private static string PrecisionOf(string graph)
    {
        string stem = graph[..^".onnx".Length];
        string tail = stem[(stem.LastIndexOf('_') + 1)..];
        return Precisions.Contains(tail) ? tail : "fp32";
    }

    private static bool IsDataOf(HubFile file, HubFile graph)
    {
        if (!file.Path.StartsWith(graph.Path, StringComparison.Ordinal) || file.Path.Length == graph.Path.Length)
        {
            return false;
        }

        string rest = file.Path[graph.Path.Length..];
        return rest is "_data" or ".data" || (rest.StartsWith("_data_", StringComparison.Ordinal) && rest["_data_".Length..].All(char.IsAsciiDigit));
    }

    private static string List(IEnumerable<ModelVariant> variants) =>
        string.Join(", ", variants.Select(variant => $"{variant.Name} ({DownloadSettings.Size(variant.Bytes)})"));

    private static string Sample(IReadOnlyList<HubFile> files) =>
        string.Join(", ", files.Take(8).Select(file => file.Path)) + (files.Count > 8 ? $" and {files.Count - 8} more" : "");
}
