using Microsoft.Extensions.AI;

namespace Gemma4.Embeddings;

/// <summary><see cref="EmbeddingGenerationOptions"/> read once: every member is used or refused with a sentence that names it.</summary>
/// <param name="Dimensions">Values per vector.</param>
/// <param name="PromptOf">The prompt of the text with this number.</param>
internal sealed record EmbeddingRequest(int Dimensions, Func<int, string> PromptOf)
{
    internal const string PurposeKey = "purpose";
    internal const string TitleKey = "title";

    /// <exception cref="NotSupportedException">Something is asked for that the model does not do.</exception>
    /// <exception cref="ArgumentException">A value has the wrong type, or there is not one title per text.</exception>
    internal static EmbeddingRequest From(EmbeddingGenerationOptions? options, Gemma4EmbeddingOptions defaults, EmbeddingPrompts prompts, EmbeddingGeneratorMetadata model, int full, int texts)
    {
        if (options?.ModelId is { } id && id != model.DefaultModelId)
        {
            throw new NotSupportedException($"EmbeddingGenerationOptions.ModelId is '{id}', but this generator runs '{model.DefaultModelId}'. Leave it unset, or register a generator for that model.");
        }

        if (options?.RawRepresentationFactory is not null)
        {
            throw new NotSupportedException("EmbeddingGenerationOptions.RawRepresentationFactory is set, but there is no other request underneath. Leave it unset.");
        }

        if (options?.Dimensions is { } asked && (asked < 1 || asked > full))
        {
            throw new NotSupportedException($"EmbeddingGenerationOptions.Dimensions is {asked}; this model gives 1 to {full}.");
        }

        object? purpose = options?.AdditionalProperties?.GetValueOrDefault(PurposeKey) ?? defaults.Purpose;
        if (purpose is not (null or string))
        {
            throw new ArgumentException($"AdditionalProperties[\"{PurposeKey}\"] is a {purpose.GetType().Name}; it must be a string such as \"query\" or \"document\".", nameof(options));
        }

        Func<int, string> promptOf = options?.AdditionalProperties?.GetValueOrDefault(TitleKey) switch
        {
            null => Same(prompts.Of((string?)purpose, null)),
            string title => Same(prompts.Of((string?)purpose, title)),
            IReadOnlyList<string?> titles when titles.Count == texts => index => prompts.Of((string?)purpose, titles[index]),
            IReadOnlyList<string?> titles => throw new ArgumentException($"AdditionalProperties[\"{TitleKey}\"] holds {titles.Count} titles for {texts} texts; give one for each, null where there is none.", nameof(options)),
            var other => throw new ArgumentException($"AdditionalProperties[\"{TitleKey}\"] is a {other.GetType().Name}; it must be a string or a list of strings.", nameof(options)),
        };
        return new EmbeddingRequest(options?.Dimensions ?? defaults.Dimensions ?? full, promptOf);

        static Func<int, string> Same(string prompt) => _ => prompt;
    }
}
