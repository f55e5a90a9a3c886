using System.Globalization;

namespace Gemma4;

/// <summary>The prompt does not fit into the model's context together with at least one answer token.</summary>
public sealed class Gemma4ContextOverflowException : Gemma4ModelException
{
    /// <summary>Creates the exception for a prompt of <paramref name="promptTokens"/> tokens.</summary>
    public Gemma4ContextOverflowException(int promptTokens, int maxContextTokens)
        : base(string.Create(CultureInfo.InvariantCulture, $"The prompt has {promptTokens} tokens and the context holds {maxContextTokens}: with one token left for the answer it is {promptTokens + 1 - maxContextTokens} over. Shorten the history or the tool list, or raise OnnxRuntime.MaxContextTokens if the model allows more."))
    {
        PromptTokens = promptTokens;
        MaxContextTokens = maxContextTokens;
    }

    /// <summary>Tokens in the rendered prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Tokens the context holds, prompt and answer together.</summary>
    public int MaxContextTokens { get; }

    /// <summary>Tokens to remove before one answer token fits.</summary>
    public int TokensOver => PromptTokens + 1 - MaxContextTokens;
}
