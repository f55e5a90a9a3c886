namespace Gemma4.Safety.Detection;

/// <summary>
/// A text as it was given, with the views the detectors read. The views are made once, when first asked for, and shared by
/// all detectors. Safe for use from many threads.
/// </summary>
public sealed class TextView
{
    private readonly Lazy<MappedText> _plain;
    private readonly Lazy<MappedText> _folded;
    private readonly Lazy<IReadOnlyList<MappedText>> _decoded;

    /// <summary>Wraps a text.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public TextView(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        _plain = new(() => TextFolding.Plain(Text));
        _folded = new(() => TextFolding.Fold(Text));
        _decoded = new(() => TextDecoding.Decode(Text));
    }

    /// <summary>The text as it was given. Findings count positions in this one.</summary>
    public string Text { get; }

    /// <summary>The text with compatibility forms replaced and invisible characters gone; case and alphabets stay.</summary>
    internal MappedText Plain => _plain.Value;

    /// <summary>The text as a reader would see it: compatibility forms and look-alikes replaced, invisible characters gone, lower case.</summary>
    internal MappedText Folded => _folded.Value;

    /// <summary>What base64, hexadecimal and percent-encoded stretches of the text say, folded; empty for most texts.</summary>
    internal IReadOnlyList<MappedText> Decoded => _decoded.Value;
}
