using System.Text;

namespace Gemma4.Tokenization;

/// <summary>Turns ids into text one at a time and hands out whole characters only.</summary>
/// <remarks>
/// Everything returned, joined, equals <see cref="Gemma4Tokenizer.Decode"/> of the same ids. Bytes that are no UTF-8
/// become U+FFFD, one for each longest start of a character. An instance serves one stream and one thread at a time.
/// </remarks>
public sealed class StreamingDetokenizer
{
    private const int StackUnits = 256;
    private readonly PieceBytes _pieces;

    // The runtime's decoder keeps an unfinished sequence between calls and never splits a surrogate pair.
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();

    internal StreamingDetokenizer(PieceBytes pieces) => _pieces = pieces;

    /// <summary>Adds one token.</summary>
    /// <param name="id">A token id of the vocabulary. A control token is spelled out.</param>
    /// <returns>The characters that are now complete; empty while a character still lacks bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string Append(int id) => Take(_pieces[id], flush: false);

    /// <summary>Ends the stream. The instance can then start on another one.</summary>
    /// <returns>U+FFFD when the last character was left unfinished, otherwise empty.</returns>
    public string Flush() => Take(default, flush: true);

    private string Take(ReadOnlySpan<byte> bytes, bool flush)
    {
        // A held-back start of a character can add one replacement before the new characters.
        int bound = bytes.Length + 4;
        Span<char> units = bound <= StackUnits ? stackalloc char[StackUnits] : new char[bound];
        int count = _decoder.GetChars(bytes, units, flush);
        return count == 0 ? string.Empty : new string(units[..count]);
    }
}
