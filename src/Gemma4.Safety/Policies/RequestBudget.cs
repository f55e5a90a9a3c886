namespace Gemma4.Safety.Policies;

/// <summary>
/// The most that one request may take, the model's turns between its tool calls included. Null is no limit. Going over one ends the
/// request in a refusal by the rule that stands with the limit; a tool result that goes over is withheld from the model.
/// </summary>
public sealed class RequestBudget
{
    /// <summary>Characters of messages, instructions, tool declarations and, as they come, tool results; at least 1. Rule <c>budget/input-characters</c>.</summary>
    public int? MaxInputCharacters { get; set; }

    /// <summary>Tokens of the same texts by <see cref="SafetyOptions.CountTokens"/>, at least 1. Images and audio are not counted. Rule <c>budget/input-tokens</c>.</summary>
    public int? MaxInputTokens { get; set; }

    /// <summary>Characters of answers, thoughts and tool calls, at least 1. Counted by words: an answer ends before the word that goes over. Rule <c>budget/output-characters</c>.</summary>
    public int? MaxOutputCharacters { get; set; }

    /// <summary>
    /// Tokens of the same texts by <see cref="SafetyOptions.CountTokens"/>, at least 1. Also lowers the <c>MaxOutputTokens</c>
    /// that the model is given, to one more than this. Rule <c>budget/output-tokens</c>.
    /// </summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>
    /// The time of the whole request, more than zero and at most 24 days: filters, model, tools, and while streaming the
    /// caller's reading. Its end cancels the model's and the tools' token. Rule <c>budget/time</c>.
    /// </summary>
    public TimeSpan? MaxDuration { get; set; }

    /// <summary>Whether a request that chooses another policy keeps these limits beside the other's. Default false.</summary>
    public bool Locked { get; set; }

    internal bool IsEmpty => MaxInputCharacters is null && MaxInputTokens is null && MaxOutputCharacters is null && MaxOutputTokens is null && MaxDuration is null;

    /// <summary>The lower of each limit.</summary>
    internal RequestBudget Within(RequestBudget other) => new()
    {
        MaxInputCharacters = Lower(MaxInputCharacters, other.MaxInputCharacters),
        MaxInputTokens = Lower(MaxInputTokens, other.MaxInputTokens),
        MaxOutputCharacters = Lower(MaxOutputCharacters, other.MaxOutputCharacters),
        MaxOutputTokens = Lower(MaxOutputTokens, other.MaxOutputTokens),
        MaxDuration = Lower(MaxDuration, other.MaxDuration),
        Locked = Locked,
    };

    internal void Check(string path, List<string> problems)
    {
        foreach (var (name, limit) in ((string, int?)[])
            [
                (nameof(MaxInputCharacters), MaxInputCharacters), (nameof(MaxInputTokens), MaxInputTokens),
                (nameof(MaxOutputCharacters), MaxOutputCharacters), (nameof(MaxOutputTokens), MaxOutputTokens),
            ])
        {
            if (limit < 1)
            {
                problems.Add($"{path}:{name} must be 1 or more, or absent for no limit.");
            }
        }

        // What a timer takes.
        if (MaxDuration is { } duration && (duration <= TimeSpan.Zero || duration > TimeSpan.FromDays(24)))
        {
            problems.Add($"{path}:MaxDuration must be more than zero and at most 24 days, or absent for no limit.");
        }
    }

    private static T? Lower<T>(T? left, T? right)
        where T : struct, IComparable<T> => left is not { } one ? right : right is not { } other ? left : one.CompareTo(other) < 0 ? one : other;
}
