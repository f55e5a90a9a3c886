using System.Collections.Frozen;

namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds images and links that would carry data to a host: in Markdown, by reference, in HTML, as bare address.</summary>
internal sealed class ExfiltrationDetector : ITextDetector
{
    private const int LongestUrl = 2048;
    private const int LongestLabel = 256;
    private const int MinImageData = 8;  // characters in a query that an image loads without a click
    private const int MinLinkData = 32;  // characters in a query that somebody must click

    private readonly FrozenSet<string>? _allowedHosts;

    /// <param name="allowedHosts">Hosts whose addresses are fine, their subdomains included. When given, images from others are always reported.</param>
    public ExfiltrationDetector(IEnumerable<string>? allowedHosts = null) =>
        _allowedHosts = allowedHosts?.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public string Id => "exfiltration";

    public int? HoldBack => LongestUrl + LongestLabel + 16;

    public int LookBehind => 16;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        for (var position = 0; position < characters.Length; position++)
        {
            var offset = characters[position..].IndexOfAny('[', '<', ':');
            if (offset < 0)
            {
                return;
            }

            position += offset;
            switch (characters[position])
            {
                case '[':
                    Markdown(plain, characters, position, found);
                    break;
                case '<':
                    Html(plain, characters, position, found);
                    break;
                default:
                    Bare(plain, characters, position, found);
                    break;
            }
        }
    }

    public int SettledLength(TextView text)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        var floor = Math.Max(0, characters.Length - HoldBack!.Value);
        var settled = characters.Length;
        while (settled > floor && !char.IsWhiteSpace(characters[settled - 1]))
        {
            settled--;
        }

        // An image or tag that began earlier and has not ended.
        var open = characters[Math.Max(floor, settled - LongestLabel)..].IndexOfAny('[', '<');
        if (open >= 0)
        {
            settled = Math.Min(settled, Math.Max(floor, settled - LongestLabel) + open);
        }

        settled -= settled > 0 && characters[settled - 1] == '!' ? 1 : 0;
        return settled <= 0 ? 0 : plain.OriginalStart(settled);
    }

    // ![alt](url) [text](url) [id]: url
    private void Markdown(MappedText plain, ReadOnlySpan<char> text, int open, ICollection<Finding> found)
    {
        var label = text[open..Math.Min(text.Length, open + LongestLabel)].IndexOf(']');
        if (label < 0 || open + label + 2 >= text.Length)
        {
            return;
        }

        var next = open + label + 1;
        var isImage = open > 0 && text[open - 1] == '!';
        var isReference = text[next] == ':';
        if (text[next] != '(' && !isReference)
        {
            return;
        }

        var start = next + 1;
        while (start < text.Length && start - next < 4 && text[start] is ' ' or '<' or '\n')
        {
            start++;
        }

        var end = start;
        while (end < text.Length && end - start < LongestUrl && !char.IsWhiteSpace(text[end]) && text[end] is not (')' or '>'))
        {
            end++;
        }

        var close = !isReference && end < text.Length ? end + 1 : end;
        var from = isImage ? open - 1 : open;
        Judge(plain, text[start..end], from, close - from, isImage || isReference, isReference ? "reference" : isImage ? "image" : "link", found);
    }

    // <img src=...> and anything else that loads by itself
    private void Html(MappedText plain, ReadOnlySpan<char> text, int open, ICollection<Finding> found)
    {
        var rest = text[(open + 1)..Math.Min(text.Length, open + LongestUrl)];
        var close = rest.IndexOf('>');
        var tag = close < 0 ? rest : rest[..close];
        if (tag.Length < 5 || !char.IsAsciiLetter(tag[0]) || !LoadsByItself(tag))
        {
            return;
        }

        foreach (var attribute in (ReadOnlySpan<string>)["src", "srcset", "href", "data", "poster", "background", "url("])
        {
            for (var at = tag.IndexOf(attribute, StringComparison.OrdinalIgnoreCase); at >= 0;)
            {
                var value = tag[(at + attribute.Length)..].TrimStart(" =\"'(");
                var end = value.IndexOfAny("\"' )>");
                Judge(plain, end < 0 ? value : value[..end], open, tag.Length + (close < 0 ? 1 : 2), isImage: true, "html", found);
                var following = tag[(at + attribute.Length)..].IndexOf(attribute, StringComparison.OrdinalIgnoreCase);
                at = following < 0 ? -1 : at + attribute.Length + following;
            }
        }
    }

    private static bool LoadsByItself(ReadOnlySpan<char> tag)
    {
        foreach (var name in (ReadOnlySpan<string>)["img", "image", "iframe", "source", "video", "audio", "link", "embed", "object", "script", "input", "body", "div", "td", "svg", "use"])
        {
            if (tag.StartsWith(name, StringComparison.OrdinalIgnoreCase) && tag.Length > name.Length && !char.IsAsciiLetter(tag[name.Length]))
            {
                return true;
            }
        }

        return false;
    }

    private void Bare(MappedText plain, ReadOnlySpan<char> text, int colon, ICollection<Finding> found)
    {
        var start = colon >= 5 && text[(colon - 5)..colon].Equals("https", StringComparison.OrdinalIgnoreCase) ? colon - 5
            : colon >= 4 && text[(colon - 4)..colon].Equals("http", StringComparison.OrdinalIgnoreCase) ? colon - 4 : -1;
        if (start < 0 || !text[colon..].StartsWith("://") || (start > 0 && text[start - 1] is '(' or '"' or '\'' or '='))
        {
            return;
        }

        var end = start;
        while (end < text.Length && end - start < LongestUrl && !char.IsWhiteSpace(text[end]) && text[end] is not ('>' or '"' or ')' or ']'))
        {
            end++;
        }

        Judge(plain, text[start..end], start, end - start, isImage: false, "address", found);
    }

    private void Judge(MappedText plain, ReadOnlySpan<char> url, int start, int length, bool isImage, string rule, ICollection<Finding> found)
    {
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            if (!url.StartsWith("data:image/png", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("data:image/jpeg", StringComparison.OrdinalIgnoreCase))
            {
                Add(plain, found, "exfiltration/data-url", start, length, 0.8);
            }

            return;
        }

        var scheme = url.IndexOf("://");
        var rest = scheme >= 0 ? url[(scheme + 3)..] : url.StartsWith("//") ? url[2..] : default;
        if (rest.IsEmpty || IsAllowed(rest))
        {
            return;
        }

        var data = CarriedData(rest);
        var score = isImage && data >= MinImageData ? 0.95
            : !isImage && data >= MinLinkData ? 0.8
            : isImage && _allowedHosts is not null ? 0.7 : 0;
        if (score > 0)
        {
            Add(plain, found, "exfiltration/" + rule, start, length, score);
        }
    }

    private bool IsAllowed(ReadOnlySpan<char> rest)
    {
        if (_allowedHosts is null)
        {
            return false;
        }

        var end = rest.IndexOfAny("/?#");
        var authority = end < 0 ? rest : rest[..end];

        // "allowed.example@evil.example" goes to the latter; a backslash is a slash to browsers.
        if (authority.IndexOfAny('@', '\\') >= 0)
        {
            return false;
        }

        var port = authority.IndexOf(':');
        var host = (port < 0 ? authority : authority[..port]).ToString();
        while (!_allowedHosts.Contains(host))
        {
            var dot = host.IndexOf('.');
            if (dot < 0)
            {
                return false;
            }

            host = host[(dot + 1)..];
        }

        return true;
    }

    // The characters in the query, fragment and the longest opaque part of path or host.
    private static int CarriedData(ReadOnlySpan<char> rest)
    {
        var query = rest.IndexOfAny('?', '#');
        var carried = query < 0 ? 0 : rest.Length - query - 1;
        var path = query < 0 ? rest : rest[..query];
        foreach (var range in path.SplitAny('/', '.'))
        {
            var part = path[range];
            carried += part.Length >= 24 && part.IndexOfAnyInRange('0', '9') >= 0 && part.IndexOfAny('-', '_', ' ') < 0 ? part.Length : 0;
            carried += part.Contains('%') && part.Length >= 16 ? part.Length : 0;
        }

        return carried;
    }

    private static void Add(MappedText plain, ICollection<Finding> found, string rule, int start, int length, double score)
    {
        var (first, original) = plain.ToOriginal(start, length);
        found.Add(new Finding(rule, RiskCategory.Exfiltration, "URL", first, original, score));
    }
}
