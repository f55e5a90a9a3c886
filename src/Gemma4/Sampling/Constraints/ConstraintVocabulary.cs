using System.Runtime.CompilerServices;
using Gemma4.Sampling.Constraints.Grammars;
using Gemma4.Tokenization;

namespace Gemma4.Sampling.Constraints;

/// <summary>A tokenizer's vocabulary prepared for masks: about 35 MB and half a second, once per tokenizer.</summary>
internal sealed class ConstraintVocabulary
{
    private static readonly ConditionalWeakTable<Gemma4Tokenizer, ConstraintVocabulary> Known = [];

    private readonly int[] _ordinary; // tokens of text, by their bytes
    private readonly Lazy<TokenTrie> _all;
    private readonly Lazy<TokenSlice>[] _slices; // [kind]

    private ConstraintVocabulary(Gemma4Tokenizer tokenizer)
    {
        Tokenizer = tokenizer;
        Size = tokenizer.VocabularySize;
        var ordinary = new List<int>(Size);
        for (var token = 0; token < Size; token++)
        {
            var length = tokenizer.GetBytes(token).Length;
            if (!tokenizer.IsControl(token) && length is > 0 and < 256)
            {
                ordinary.Add(token);
                LongestToken = Math.Max(LongestToken, length);
            }
        }

        _ordinary = [.. ordinary];
        Array.Sort(_ordinary, (a, b) =>
        {
            var order = tokenizer.GetBytes(a).SequenceCompareTo(tokenizer.GetBytes(b));
            return order != 0 ? order : a.CompareTo(b);
        });
        _all = new Lazy<TokenTrie>(() => new TokenTrie(_ordinary, Tokenizer.GetBytes));
        _slices = [.. Enum.GetValues<SliceKind>().Select(kind => new Lazy<TokenSlice>(
            () => TokenSlice.Create(kind, _ordinary, Size, Tokenizer.GetBytes)))];
    }

    public Gemma4Tokenizer Tokenizer { get; }

    public int Size { get; }

    /// <summary>In bytes.</summary>
    public int LongestToken { get; }

    public TokenTrie All => _all.Value;

    public static ConstraintVocabulary Of(Gemma4Tokenizer tokenizer) =>
        Known.GetValue(tokenizer, static known => new ConstraintVocabulary(known));

    public TokenSlice Slice(SliceKind kind) => _slices[(int)kind].Value;

    /// <summary>Does now what would otherwise wait for the first mask.</summary>
    public void Prepare()
    {
        _ = All;
        _ = Slice(SliceKind.JsonString);
        _ = Slice(SliceKind.Verbatim);
        _ = Slice(SliceKind.All);
    }
}
