using System.Buffers;
using System.Text;

namespace Gemma4.Tokenization;

/// <summary>The tokenizer of a Gemma model, read from its Hugging Face <c>tokenizer.json</c>; exact to the id.</summary>
/// <remarks>
/// Immutable and safe to share between threads. No token is ever added: a prompt carries its own
/// <c>&lt;bos&gt;</c>. Post-processor, truncation and padding settings of the file are not applied.
/// </remarks>
public sealed class Gemma4Tokenizer
{
    private readonly BytePairEncoder _encoder;
    private readonly ControlTokens _controls;
    private readonly PieceBytes _pieces;

    internal Gemma4Tokenizer(BytePairEncoder encoder, ControlTokens controls, PieceBytes pieces)
    {
        _encoder = encoder;
        _controls = controls;
        _pieces = pieces;
    }

    /// <summary>The number of token ids; they run from 0 without a gap.</summary>
    public int VocabularySize => _pieces.Count;

    /// <summary>Reads a vocabulary. Takes about a second and 60 MB for the 262,144 pieces of Gemma 4.</summary>
    /// <param name="path">A <c>tokenizer.json</c>, or a folder that holds one.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder holds none.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or asks for something that would give other ids than this reader does.
    /// </exception>
    public static Gemma4Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = path;
        if (Directory.Exists(path))
        {
            file = Path.Combine(path, "tokenizer.json");
            if (!File.Exists(file))
            {
                throw new FileNotFoundException(
                    $"tokenizer.json not found in '{path}'. A model folder needs genai_config.json, model.onnx and "
                    + "tokenizer.json; make one with 'gemma4 build'.",
                    file);
            }
        }
        else if (!File.Exists(file))
        {
            throw new FileNotFoundException(
                $"'{path}' not found. Give a tokenizer.json or the model folder that holds one.", file);
        }

        return new TokenizerFileReader(file).Read(File.ReadAllBytes(file));
    }

    /// <summary>Encodes plain text, such as what a user wrote.</summary>
    /// <param name="text">
    /// Any text. Control tokens spelled out in it stay text: no result ever holds a control id. Half a surrogate pair
    /// counts as U+FFFD.
    /// </param>
    public int[] EncodeText(ReadOnlySpan<char> text)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        _encoder.Encode(text, ids);
        return [.. ids];
    }

    /// <summary>Encodes a rendered prompt, in which spelled-out control tokens count as such.</summary>
    /// <param name="text">
    /// A text whose every part is trusted. Where control tokens overlap, the leftmost wins, then the longest.
    /// </param>
    public int[] EncodeTemplate(ReadOnlySpan<char> text)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        while (true)
        {
            int at = _controls.Find(text, out int length, out int id);
            if (at < 0)
            {
                _encoder.Encode(text, ids);
                return [.. ids];
            }

            _encoder.Encode(text[..at], ids);
            ids.Add(id);
            text = text[(at + length)..];
        }
    }

    /// <summary>The number of ids that <see cref="EncodeText(ReadOnlySpan{char})"/> gives.</summary>
    /// <param name="text">Any text.</param>
    public int CountTokens(ReadOnlySpan<char> text)
    {
        var ids = new List<int>((text.Length / 3) + 4);
        _encoder.Encode(text, ids);
        return ids.Count;
    }

    /// <summary>Spells ids out. Nothing is stripped and control tokens appear as written in a prompt.</summary>
    /// <param name="ids">Token ids of the vocabulary.</param>
    /// <returns>The text, with U+FFFD where byte tokens make no UTF-8.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        int length = 0;
        foreach (int id in ids)
        {
            length = checked(length + _pieces[id].Length);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        int used = 0;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> piece = _pieces[id];
            piece.CopyTo(buffer.AsSpan(used));
            used += piece.Length;
        }

        string text = Encoding.UTF8.GetString(buffer, 0, used);
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    /// <summary>Whether an id is a control token. False for ids outside the vocabulary.</summary>
    /// <param name="id">Any number.</param>
    public bool IsControl(int id) => _controls.Contains(id);

    /// <summary>Finds a control token by how it is written, such as <c>&lt;|turn&gt;</c>.</summary>
    /// <param name="content">The exact spelling.</param>
    /// <param name="id">Its id; 0 when there is none.</param>
    public bool TryGetControlId(string content, out int id)
    {
        ArgumentNullException.ThrowIfNull(content);
        return _controls.TryGetId(content, out id);
    }

    /// <summary>How a control token is written.</summary>
    /// <param name="id">An id for which <see cref="IsControl"/> is true.</param>
    /// <exception cref="ArgumentException">The id is not a control token.</exception>
    public string GetControlText(int id) => _controls.TryGetText(id, out string? content)
        ? content!
        : throw new ArgumentException($"Token id {id} is not a control token; check with IsControl first.", nameof(id));

    /// <summary>Starts turning a stream of ids into text.</summary>
    public StreamingDetokenizer CreateDetokenizer() => new(_pieces);

    /// <summary>What an id stands for in a decoded text, as UTF-8; not a whole character where the id is a byte.</summary>
    internal ReadOnlySpan<byte> GetBytes(int id) => _pieces[id];

    internal void EncodeText(ReadOnlySpan<char> text, List<int> destination) => _encoder.Encode(text, destination);
}
