namespace Gemma4.Prompting;

/// <summary>A message of either input form, in the terms of the template.</summary>
internal sealed record PromptMessage(PromptRole Role)
{
    /// <summary>The content. A string is one text part.</summary>
    public IReadOnlyList<PromptPart> Content { get; init; } = [];

    /// <summary>True where the content came as a list of parts: the system block then ends each part with a space.</summary>
    public bool ContentIsParts { get; init; }

    /// <summary>The reasoning of a model message, or empty.</summary>
    public string Reasoning { get; init; } = string.Empty;

    /// <summary>The calls of a model message.</summary>
    public IReadOnlyList<PromptCall> Calls { get; init; } = [];

    /// <summary>Results that stand in the model message itself.</summary>
    public IReadOnlyList<PromptResponse> Responses { get; init; } = [];

    /// <summary>True where the content is the answer after the results (Google's <c>tool_responses</c> form).</summary>
    public bool ContentFollowsResponses { get; init; }

    /// <summary>The id of the call a tool message answers.</summary>
    public string? CallId { get; init; }

    /// <summary>The tool's name as a tool message gives it.</summary>
    public string? Name { get; init; }

    /// <summary>The result of a tool message.</summary>
    public PromptResult? Result { get; init; }
}
