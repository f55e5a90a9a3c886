using System.Text;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>
/// Counts what the model says in one request, word by word, and lets out what is within the budget. Where it stops depends
/// on the text alone, never on how it was cut.
/// </summary>
internal sealed class OutputMeter(RequestBudget budget, Func<string, int> countTokens)
{
    private const int LongestWord = 64;

    private readonly StringBuilder _word = new();
    private readonly bool _isAsked = budget.MaxOutputCharacters is not null || budget.MaxOutputTokens is not null;
    private long _characters;
    private long _tokens;

    /// <summary>The rule of the limit that was passed, or null.</summary>
    public string? Broken { get; private set; }

    /// <summary>The words that ended and are within the budget.</summary>
    public string Append(string text)
    {
        if (!_isAsked)
        {
            return text;
        }

        var result = new StringBuilder();
        foreach (var character in text)
        {
            if (_word.Length > 0 && ((char.IsWhiteSpace(character) && !char.IsWhiteSpace(_word[^1])) || (_word.Length >= LongestWord && !char.IsLowSurrogate(character))))
            {
                Close(result);
            }

            _word.Append(character);
        }

        return result.ToString();
    }

    /// <summary>The last word.</summary>
    public string Complete()
    {
        var result = new StringBuilder();
        Close(result);
        return result.ToString();
    }

    /// <summary>Counts a text that goes out in one piece or not at all.</summary>
    /// <returns>Whether it is within the budget.</returns>
    public bool Spend(string text)
    {
        if (_isAsked && Broken is null)
        {
            Broken = (_characters += text.Length) > budget.MaxOutputCharacters ? "budget/output-characters"
                : budget.MaxOutputTokens is { } limit && (_tokens += countTokens(text)) > limit ? "budget/output-tokens"
                : null;
        }

        return Broken is null;
    }

    private void Close(StringBuilder result)
    {
        if (_word.Length > 0 && Spend(_word.ToString()))
        {
            result.Append(_word);
        }

        _word.Clear();
    }
}
