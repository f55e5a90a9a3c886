using System.Globalization;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Chat;

/// <summary>Reads [n] in an answer, and compares what each sentence says with what it cites.</summary>
internal static class CitationChecker
{
    private const int MaxDigits = 4;

    public static (CitationReport Report, IList<AIAnnotation> Annotations) Check(string answer, IReadOnlyList<DocumentChunk> sources, double supportThreshold)
    {
        SortedSet<int> cited = [];
        SortedSet<int> unknown = [];
        List<string> unsupported = [];
        Dictionary<int, CitationAnnotation> annotations = [];
        foreach ((int start, int end) in Sentences(answer))
        {
            HashSet<string> evidence = new(StringComparer.Ordinal);
            System.Text.StringBuilder words = new();
            int after = start;
            foreach ((int at, int length, int number) in Marks(answer, start, end))
            {
                words.Append(answer, after, at - after).Append(' ');
                after = at + length;
                if (number < 1 || number > sources.Count)
                {
                    unknown.Add(number);
                    continue;
                }

                cited.Add(number);
                evidence.UnionWith(TextAnalyzer.English.Terms(sources[number - 1].Text));
                if (!annotations.TryGetValue(number, out CitationAnnotation? annotation))
                {
                    annotations[number] = annotation = Annotation(sources[number - 1], number);
                }

                annotation.AnnotatedRegions!.Add(new TextSpanAnnotatedRegion { StartIndex = start, EndIndex = end });
            }

            words.Append(answer, after, end - after);
            string[] terms = [.. TextAnalyzer.English.Terms(words.ToString()).Distinct(StringComparer.Ordinal)];
            // A number is either in the source or made up; words may be other words for the same.
            bool invented = terms.Any(term => char.IsAsciiDigit(term[0]) && !evidence.Contains(term));
            if (terms.Length > 0 && (invented || terms.Count(evidence.Contains) < supportThreshold * terms.Length))
            {
                unsupported.Add(answer[start..end].Trim());
            }
        }

        return (new CitationReport(sources, [.. cited], [.. unknown], unsupported), [.. annotations.Values]);
    }

    private static CitationAnnotation Annotation(DocumentChunk chunk, int number) => new()
    {
        Title = chunk.Title ?? chunk.DocumentId,
        FileId = chunk.DocumentId,
        Snippet = chunk.Text,
        AnnotatedRegions = [],
        AdditionalProperties = new() { ["number"] = number, ["page"] = chunk.Page, ["heading"] = chunk.Heading, ["offset"] = chunk.Offset },
    };

    // Marks may stand before or after the full stop: both belong to the sentence.
    private static IEnumerable<(int Start, int End)> Sentences(string text)
    {
        int start = 0;
        for (int at = 0; at < text.Length; at++)
        {
            bool ends = text[at] == '\n' || (text[at] is '.' or '!' or '?' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1]) || text[at + 1] == '['));
            if (!ends)
            {
                continue;
            }

            int end = at + 1;
            foreach ((int mark, int length, _) in Marks(text, end, text.Length))
            {
                if (text[end..mark].Any(letter => !char.IsWhiteSpace(letter) || letter == '\n'))
                {
                    break;
                }

                end = mark + length;
            }

            if (end < text.Length && text[end] is '.')
            {
                end++;
            }

            yield return (start, end);
            start = end;
            at = end - 1;
        }

        if (start < text.Length)
        {
            yield return (start, text.Length);
        }
    }

    private static IEnumerable<(int At, int Length, int Number)> Marks(string text, int start, int end)
    {
        for (int at = text.IndexOf('[', start, end - start); at >= 0; at = text.IndexOf('[', at + 1, end - at - 1))
        {
            int digits = at + 1;
            while (digits < end && digits - at <= MaxDigits && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            if (digits > at + 1 && digits < end && text[digits] == ']')
            {
                yield return (at, digits + 1 - at, int.Parse(text.AsSpan(at + 1, digits - at - 1), CultureInfo.InvariantCulture));
            }
        }
    }
}
