namespace Gemma4.Safety.Pipeline;

/// <summary>Finds the ends of sentences one character at a time, so that the cuts of a stream do not matter.</summary>
internal sealed class SentenceEnds
{
    private const int Longest = 2000;

    private bool _afterStop;
    private int _length;

    /// <summary>Whether a sentence ends behind this character.</summary>
    public bool IsEnd(char character)
    {
        _length++;
        var ends = character is '\n' or '\u3002' or '\uFF01' or '\uFF1F' || (_afterStop && char.IsWhiteSpace(character))
            || (_length >= Longest && !char.IsHighSurrogate(character));
        _afterStop = character is '.' or '!' or '?' or '\u2026' || (_afterStop && character is '"' or '\'' or ')' or ']');
        if (ends)
        {
            _length = 0;
            _afterStop = false;
        }

        return ends;
    }
}
