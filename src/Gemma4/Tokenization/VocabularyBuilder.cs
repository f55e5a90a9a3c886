using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gemma4.Tokenization;

/// <summary>Turns pieces, control tokens and merges into the tables that encoding and decoding use.</summary>
internal sealed class VocabularyBuilder
{
    private const byte ControlKind = 1;
    private const byte ByteKind = 2;
    private readonly PieceTable _pieces;
    private readonly Func<string, Exception> _refuse;
    private readonly int[] _bytes = new int[256];
    private byte[] _kinds;
    private readonly MergeTable _merges;
    private readonly MergePairFilter _pairs = new();
    private byte[] _joined = new byte[256];

    public VocabularyBuilder(PieceTable pieces, Func<string, Exception> refuse)
    {
        _pieces = pieces;
        _refuse = refuse;

        _kinds = new byte[pieces.IdBound];

        // Gemma has two merges for each piece; four slots each keeps the table under half full without growing.
        _merges = new MergeTable(pieces.Count * 4);
        Span<byte> name = stackalloc byte[6];
        for (int value = 0; value < 256; value++)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");
            Encoding.UTF8.GetBytes(text, name);
            _bytes[value] = pieces.Find(name);
            if (_bytes[value] < 0)
            {
                throw refuse($"its vocabulary lacks the byte piece {text}; all 256 are needed");
            }

            _kinds[_bytes[value]] = ByteKind;
        }
    }

    /// <summary>Before the control tokens, which check that the ids have no gaps.</summary>
    public void AddWholeWords(List<AddedToken> added)
    {
        foreach (AddedToken token in added)
        {
            byte[] content = Encoding.UTF8.GetBytes(token.Content);
            int known = _pieces.Find(content);
            if (known >= 0 ? known != token.Id : !_pieces.TryAdd(content, token.Id))
            {
                throw _refuse($"the added token '{token.Content}' has id {token.Id}, which is taken or out of range");
            }
        }

        if (_pieces.IdBound > _kinds.Length)
        {
            Array.Resize(ref _kinds, _pieces.IdBound);
        }
    }

    public void AddControls(List<AddedToken> added)
    {
        var contents = new HashSet<string>(StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            byte[] content = Encoding.UTF8.GetBytes(token.Content);
            int known = _pieces.Find(content);
            if (!contents.Add(token.Content)
                || (known >= 0 && known != token.Id)
                || (known < 0 && !_pieces.TryAdd(content, token.Id))
                || (token.Id < _kinds.Length && _kinds[token.Id] != 0))
            {
                throw _refuse($"the added token '{token.Content}' has id {token.Id}, which is taken or out of range");
            }

            if (token.Id >= _kinds.Length)
            {
                Array.Resize(ref _kinds, _pieces.IdBound);
            }

            _kinds[token.Id] = ControlKind;
        }

        if (_pieces.IdBound != _pieces.Count)
        {
            throw _refuse($"it has {_pieces.Count} pieces but ids up to {_pieces.IdBound - 1}; ids must have no gaps");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddMerge(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int rank)
    {
        int leftId = _pieces.Find(left);
        int rightId = _pieces.Find(right);
        int length = left.Length + right.Length;
        if (length > _joined.Length)
        {
            _joined = new byte[length * 2];
        }

        left.CopyTo(_joined);
        right.CopyTo(_joined.AsSpan(left.Length));
        int merged = _pieces.Find(_joined.AsSpan(0, length));
        if (leftId < 0 || rightId < 0 || merged < 0)
        {
            ReadOnlySpan<byte> unknown = leftId < 0 ? left : rightId < 0 ? right : _joined.AsSpan(0, length);
            throw _refuse($"merge {rank} names '{Encoding.UTF8.GetString(unknown)}', which is not in the vocabulary");
        }

        // Without these merges plain text cannot become a control token, whatever else the file says.
        if (_kinds[merged] == ControlKind || _kinds[leftId] == ControlKind || _kinds[rightId] == ControlKind)
        {
            return;
        }

        if (_kinds[leftId] == ByteKind || _kinds[rightId] == ByteKind)
        {
            // A byte piece's name says nothing about the characters beside it in a text.
            _pairs.JoinEverything();
        }

        _merges.Set(leftId, rightId, rank, merged);
        Rune.DecodeLastFromUtf8(left, out Rune last, out _);
        Rune.DecodeFromUtf8(right, out Rune first, out _);
        _pairs.Add(last.Value, first.Value);
    }

    public Gemma4Tokenizer Build(List<AddedToken> added)
    {
        var characters = new CharacterTable(_bytes);
        for (int id = 0; id < _pieces.Count; id++)
        {
            ReadOnlySpan<byte> piece = _pieces[id];
            if (piece.Length is > 0 and <= 4 && _kinds[id] == 0
                && Rune.DecodeFromUtf8(piece, out Rune rune, out int consumed) == OperationStatus.Done
                && consumed == piece.Length)
            {
                characters.Add(rune.Value, id);
            }
        }

        var encoder = new BytePairEncoder(characters, _merges, _pairs);
        return new Gemma4Tokenizer(encoder, new ControlTokens(added), SpellOut());
    }

    private PieceBytes SpellOut()
    {
        int total = 0;
        for (int id = 0; id < _pieces.Count; id++)
        {
            total += _pieces[id].Length;
        }

        var pool = new byte[total];
        var ends = new int[_pieces.Count];
        int used = 0;
        for (int id = 0; id < ends.Length; id++)
        {
            ReadOnlySpan<byte> piece = _pieces[id];
            if (_kinds[id] == ByteKind)
            {
                pool[used++] = (byte)Array.IndexOf(_bytes, id);
            }
            else if (_kinds[id] == ControlKind)
            {
                piece.CopyTo(pool.AsSpan(used));
                used += piece.Length;
            }
            else
            {
                used += CopyWithSpaces(piece, pool.AsSpan(used));
            }

            ends[id] = used;
        }

        return new PieceBytes(pool, ends);
    }

    private static int CopyWithSpaces(ReadOnlySpan<byte> piece, Span<byte> destination)
    {
        int written = 0;
        while (true)
        {
            int mark = piece.IndexOf("\u2581"u8);
            if (mark < 0)
            {
                piece.CopyTo(destination[written..]);
                return written + piece.Length;
            }

            piece[..mark].CopyTo(destination[written..]);
            written += mark;
            destination[written++] = (byte)' ';
            piece = piece[(mark + 3)..];
        }
    }
}
