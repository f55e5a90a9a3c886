using System.Text.Json;
using Gemma4.Tokenization;

namespace Gemma4.Embeddings;

/// <summary>A text to the ids that an embedding graph reads: the model's own tokens, with those around it.</summary>
internal sealed class EmbeddingTokenizer
{
    private const string Begin = "<bos>";
    private const string End = "<eos>";
    private const string Padding = "<pad>";

    private readonly Gemma4Tokenizer _tokenizer;
    private readonly ControlTokens _whole;
    private readonly long[] _before;
    private readonly long[] _after;

    private EmbeddingTokenizer(Gemma4Tokenizer tokenizer, ControlTokens whole, long[] before, long[] after)
    {
        _tokenizer = tokenizer;
        _whole = whole;
        _before = before;
        _after = after;
        PaddingId = tokenizer.TryGetControlId(Padding, out int id) ? id : 0;
    }

    internal int PaddingId { get; }

    /// <exception cref="Gemma4ModelException">The vocabulary cannot be read, or lacks a token that goes around texts.</exception>
    internal static EmbeddingTokenizer Load(EmbeddingFolder folder)
    {
        TokenizerFileReader reader = new(folder.TokenizerPath) { AcceptsWholeWords = true };
        Gemma4Tokenizer tokenizer;
        try
        {
            tokenizer = reader.Read(File.ReadAllBytes(folder.TokenizerPath));
        }
        catch (InvalidDataException exception)
        {
            throw new Gemma4ModelException(exception.Message, exception);
        }

        (string[] before, string[] after) = Surrounding(folder, reader.PostProcessor);
        return new EmbeddingTokenizer(tokenizer, new ControlTokens(reader.WholeWords), Ids(before), Ids(after));

        long[] Ids(string[] names) => [.. names.Select(name => tokenizer.TryGetControlId(name, out int id)
            ? (long)id
            : throw new Gemma4ModelException($"'{folder.TokenizerPath}' has no token '{name}', which goes around every text. Copy the tokenizer.json of the same model."))];
    }

    /// <summary>Tokens of a text without those around it.</summary>
    internal int Count(string text) => Ids(text).Count;

    /// <param name="text">The prompt and the text, in one: words may join across the border.</param>
    /// <param name="limit">Most ids.</param>
    /// <param name="total">How many ids there would be without a limit.</param>
    /// <returns>At most <paramref name="limit"/> ids; the tokens after a text are kept.</returns>
    internal long[] Encode(string text, int limit, out int total)
    {
        List<int> ids = Ids(text);
        total = _before.Length + ids.Count + _after.Length;
        int kept = Math.Clamp(limit - _before.Length - _after.Length, 0, ids.Count);
        long[] encoded = new long[_before.Length + kept + _after.Length];
        _before.CopyTo(encoded, 0);
        for (int i = 0; i < kept; i++)
        {
            encoded[_before.Length + i] = ids[i];
        }

        _after.CopyTo(encoded, _before.Length + kept);
        return encoded;
    }

    // Control tokens spelled out in a text stay text; the file's other added tokens are cut out first, as its maker does.
    private List<int> Ids(string text)
    {
        List<int> ids = new((text.Length / 3) + 4);
        ReadOnlySpan<char> rest = text;
        for (int at = _whole.Find(rest, out int length, out int id); at >= 0; at = _whole.Find(rest, out length, out id))
        {
            _tokenizer.EncodeText(rest[..at], ids);
            ids.Add(id);
            rest = rest[(at + length)..];
        }

        _tokenizer.EncodeText(rest, ids);
        return ids;
    }

    // What tokenizer.json says comes first; a file that adds nothing leaves it to tokenizer_config.json; the rest has both.
    private static (string[] Before, string[] After) Surrounding(EmbeddingFolder folder, JsonElement? postProcessor)
    {
        List<string> before = [];
        List<string> after = [];
        bool seen = false;
        if (postProcessor is { ValueKind: JsonValueKind.Object } template && template.TryGetProperty("single", out JsonElement single) && single.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement part in single.EnumerateArray())
            {
                if (part.TryGetProperty("SpecialToken", out JsonElement token))
                {
                    (seen ? after : before).Add(token.GetProperty("id").GetString() ?? "");
                }
                else
                {
                    seen = true;
                }
            }
        }

        if (before.Count + after.Count > 0)
        {
            return ([.. before], [.. after]);
        }

        (bool begin, bool end) = folder.Surrounding ?? (true, true);
        return (begin ? [Begin] : [], end ? [End] : []);
    }
}
