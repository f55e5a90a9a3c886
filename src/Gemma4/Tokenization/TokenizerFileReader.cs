using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Gemma4.Tokenization;

/// <summary>Reads the JSON of a <c>tokenizer.json</c> straight from its bytes and refuses what it would get wrong.</summary>
internal sealed class TokenizerFileReader(string file)
{
    private readonly List<AddedToken> _added = [];
    private readonly List<AddedToken> _whole = [];
    private PieceTable? _pieces;
    private VocabularyBuilder? _builder;
    private bool _addedSeen;
    private bool _modelSeen;
    private bool _normalizerSeen;
    private bool _decoderSeen;

    /// <summary>
    /// Whether added tokens that are not special are read, as files of Gemma 3 have them: runs of newlines, HTML tags. They
    /// are text that is cut out before anything else, which is left to the caller.
    /// </summary>
    public bool AcceptsWholeWords { get; init; }

    /// <summary>The added tokens that are not special.</summary>
    public List<AddedToken> WholeWords => _whole;

    /// <summary>What the file says about tokens around a text; null when it has no such section.</summary>
    public JsonElement? PostProcessor { get; private set; }

    public Gemma4Tokenizer Read(byte[] json)
    {
        ReadOnlySpan<byte> bytes = json;
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(bytes);
            ReadDocument(ref reader, bytes.Length);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{file}' is not a whole JSON document (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}). It may be cut off or a download pointer; fetch it again."),
                exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException(
                $"'{file}' is not a tokenizer.json: a value has the wrong type ({exception.Message}).", exception);
        }

        return _builder!.Build(_added);
    }

    private void ReadDocument(ref Utf8JsonReader reader, int length)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse("it does not hold a JSON object");
        }

        Utf8JsonReader model = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("added_tokens"u8))
            {
                ReadAddedTokens(ref reader);
            }
            else if (reader.ValueTextEquals("normalizer"u8))
            {
                TokenizerPipeline.CheckNormalizer(ReadElement(ref reader), Refuse);
                _normalizerSeen = true;
            }
            else if (reader.ValueTextEquals("pre_tokenizer"u8))
            {
                TokenizerPipeline.CheckPreTokenizer(ReadElement(ref reader), Refuse);
            }
            else if (reader.ValueTextEquals("decoder"u8))
            {
                TokenizerPipeline.CheckDecoder(ReadElement(ref reader), Refuse);
                _decoderSeen = true;
            }
            else if (reader.ValueTextEquals("post_processor"u8))
            {
                PostProcessor = ReadElement(ref reader);
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                reader.Read();
                _modelSeen = true;
                if (_addedSeen)
                {
                    ReadModel(ref reader, length);
                }
                else
                {
                    // The merges can only be read once the control tokens are known; come back later.
                    model = reader;
                    reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }

        // Reading on past the closing brace makes trailing rubbish an error.
        reader.Read();
        RequireSections();
        if (_builder is null)
        {
            ReadModel(ref model, length);
        }
    }

    private void RequireSections()
    {
        if (!_modelSeen)
        {
            throw Refuse("it has no 'model'");
        }

        if (!_normalizerSeen)
        {
            TokenizerPipeline.CheckNormalizer(default, Refuse);
        }

        if (!_decoderSeen)
        {
            TokenizerPipeline.CheckDecoder(default, Refuse);
        }
    }

    private void ReadAddedTokens(ref Utf8JsonReader reader)
    {
        _addedSeen = true;
        JsonElement list = ReadElement(ref reader);
        if (list.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        foreach (JsonElement token in list.EnumerateArray())
        {
            string content = token.TryGetProperty("content"u8, out JsonElement text) ? text.GetString() ?? "" : "";
            if (content.Length == 0 || !token.TryGetProperty("id"u8, out JsonElement id))
            {
                throw Refuse("an entry of 'added_tokens' has no id or no content");
            }

            bool special = IsTrue(token, "special"u8);
            if (!special && !AcceptsWholeWords)
            {
                throw Refuse($"the added token '{content}' is not special. Gemma 4 files have only special ones");
            }

            if (IsTrue(token, "single_word"u8) || IsTrue(token, "lstrip"u8) || IsTrue(token, "rstrip"u8)
                || IsTrue(token, "normalized"u8))
            {
                throw Refuse(
                    $"the added token '{content}' sets single_word, lstrip, rstrip or normalized, which is not supported");
            }

            (special ? _added : _whole).Add(new AddedToken(content, id.GetInt32()));
        }
    }

    private static bool IsTrue(JsonElement token, ReadOnlySpan<byte> name) =>
        token.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private void ReadModel(ref Utf8JsonReader reader, int length)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse("its 'model' is not an object");
        }

        Utf8JsonReader merges = default;
        bool mergesPending = false;
        bool mergesSeen = false;
        bool byteFallback = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("vocab"u8))
            {
                reader.Read();
                ReadVocabulary(ref reader, length);
            }
            else if (reader.ValueTextEquals("merges"u8))
            {
                reader.Read();
                mergesSeen = true;
                if (_builder is not null)
                {
                    ReadMerges(ref reader);
                }
                else
                {
                    merges = reader;
                    mergesPending = true;
                    reader.Skip();
                }
            }
            else
            {
                string name = reader.GetString()!;
                JsonElement value = ReadElement(ref reader);
                TokenizerPipeline.CheckModelSetting(name, value, Refuse);
                byteFallback |= name == "byte_fallback";
            }
        }

        if (_builder is null)
        {
            throw Refuse("its 'model' has no 'vocab'");
        }

        if (!mergesSeen)
        {
            throw Refuse("its 'model' has no 'merges'");
        }

        if (!byteFallback)
        {
            throw Refuse("its model has byte_fallback off; Gemma needs it on");
        }

        if (mergesPending)
        {
            ReadMerges(ref merges);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadVocabulary(ref Utf8JsonReader reader, int length)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Refuse("its 'vocab' is not an object from piece to id");
        }

        // An id takes at least four bytes of the file, so a gapless vocabulary has no id above the file's length.
        _pieces = new PieceTable(length);
        var scratch = new byte[64];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> piece = Text(ref reader, ref scratch);
            if (piece.Length > PieceTable.MaxPieceLength)
            {
                throw Refuse("it has a piece of more than 65,535 bytes");
            }

            reader.Read();
            int id = reader.GetInt32();
            if (!_pieces.TryAdd(piece, id))
            {
                throw Refuse($"the piece '{Encoding.UTF8.GetString(piece)}' or its id {id} appears twice or is out of range");
            }
        }

        _builder = new VocabularyBuilder(_pieces, Refuse);
        _builder.AddWholeWords(_whole);
        _builder.AddControls(_added);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadMerges(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Refuse("its 'merges' is not an array");
        }

        var leftScratch = new byte[64];
        var rightScratch = new byte[64];
        int rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                reader.Read();
                ReadOnlySpan<byte> left = Text(ref reader, ref leftScratch);
                reader.Read();
                ReadOnlySpan<byte> right = Text(ref reader, ref rightScratch);
                _builder!.AddMerge(left, right, rank++);
                reader.Read();
                if (reader.TokenType != JsonTokenType.EndArray)
                {
                    throw Refuse($"merge {rank - 1} is not a pair");
                }
            }
            else
            {
                ReadOnlySpan<byte> both = Text(ref reader, ref leftScratch);
                int space = both.IndexOf((byte)' ');
                if (space < 0 || both[(space + 1)..].Contains((byte)' '))
                {
                    throw Refuse($"merge {rank} is not two pieces with one space between them");
                }

                _builder!.AddMerge(both[..space], both[(space + 1)..], rank++);
            }
        }
    }

    /// <summary>The text of the current string or name; in the file's own bytes unless it has escapes.</summary>
    private ReadOnlySpan<byte> Text(ref Utf8JsonReader reader, ref byte[] scratch)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw Refuse("a merge is neither a pair of strings nor a string");
        }

        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        if (scratch.Length < reader.ValueSpan.Length)
        {
            scratch = new byte[reader.ValueSpan.Length];
        }

        return scratch.AsSpan(0, reader.CopyString(scratch));
    }

    private static JsonElement ReadElement(ref Utf8JsonReader reader)
    {
        reader.Read();
        return JsonElement.ParseValue(ref reader);
    }

    private InvalidDataException Refuse(string fact) =>
        new($"'{file}' cannot be used: {fact}. Use the tokenizer.json of a Gemma 4 checkpoint.");
}
