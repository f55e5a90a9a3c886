using Gemma4.OnnxRuntime;
using Microsoft.Extensions.Options;

namespace Gemma4.Embeddings;

internal sealed class Gemma4EmbeddingOptionsValidator : IValidateOptions<Gemma4EmbeddingOptions>
{
    // A begin token, an end token and one of the text.
    private const int FewestTokens = 3;

    public ValidateOptionsResult Validate(string? name, Gemma4EmbeddingOptions options)
    {
        List<string> failures = [];
        if (string.IsNullOrWhiteSpace(options.ModelPath))
        {
            failures.Add("Gemma4EmbeddingOptions.ModelPath is not set. Set it to the folder of an EmbeddingGemma graph.");
        }

        if (options.Dimensions < 1)
        {
            failures.Add($"Gemma4EmbeddingOptions.Dimensions is {options.Dimensions}; it must be 1 or more, or null for all.");
        }

        if (options.MaxTokens < FewestTokens)
        {
            failures.Add($"Gemma4EmbeddingOptions.MaxTokens is {options.MaxTokens}; it must be {FewestTokens} or more, or null for the model's own limit.");
        }

        if (options.MaxBatchTokens < 1)
        {
            failures.Add($"Gemma4EmbeddingOptions.MaxBatchTokens is {options.MaxBatchTokens}; it must be 1 or more.");
        }

        if (!Enum.IsDefined(options.Overflow))
        {
            failures.Add($"Gemma4EmbeddingOptions.Overflow is {(int)options.Overflow}; it must be Refuse or Truncate.");
        }

        CheckRuntime(options.OnnxRuntime, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckRuntime(OnnxRuntimeOptions options, List<string> failures)
    {
        if (options.MaxContextTokens is not null || options.KvCacheMemoryBudget is not null)
        {
            failures.Add("Gemma4EmbeddingOptions.OnnxRuntime: MaxContextTokens and KvCacheMemoryBudget belong to chat models. Leave them unset; MaxTokens limits a text.");
        }

        try
        {
            OnnxSession.Check(options);
        }
        catch (ArgumentException exception)
        {
            failures.Add($"Gemma4EmbeddingOptions.OnnxRuntime: {exception.Message}");
        }
    }
}
