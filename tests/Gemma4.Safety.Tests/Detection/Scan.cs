using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Tests.Detection;

/// <summary>Runs a detector over a whole text, or over pieces as the pipeline does with a stream.</summary>
internal static class Scan
{
    public static List<Finding> Whole(ITextDetector detector, string text)
    {
        var found = new List<Finding>();
        detector.Detect(new TextView(text), found);
        return found;
    }

    /// <summary>The contract of <see cref="ITextDetector"/>, word by word.</summary>
    public static List<Finding> Pieces(ITextDetector detector, IEnumerable<string> pieces)
    {
        var accepted = new List<Finding>();
        var window = "";
        var windowStart = 0;
        var settled = 0;
        foreach (var piece in pieces)
        {
            window += piece;
            var view = new TextView(window);
            var next = windowStart + detector.SettledLength(view);
            if (next <= settled)
            {
                continue;
            }

            Accept(detector, view, windowStart, settled, next, accepted);
            settled = next;
            var cut = Math.Max(windowStart, settled - detector.LookBehind);
            window = window[(cut - windowStart)..];
            windowStart = cut;
        }

        Accept(detector, new TextView(window), windowStart, settled, int.MaxValue, accepted);
        return accepted;
    }

    /// <summary>Cuts a text into pieces of seeded lengths.</summary>
    public static IEnumerable<string> Cut(string text, int seed, int longest)
    {
        var random = new Random(seed);
        for (var start = 0; start < text.Length;)
        {
            var length = Math.Min(random.Next(1, longest + 1), text.Length - start);
            yield return text.Substring(start, length);
            start += length;
        }
    }

    private static void Accept(ITextDetector detector, TextView view, int windowStart, int from, int to, List<Finding> accepted)
    {
        var found = new List<Finding>();
        detector.Detect(view, found);
        accepted.AddRange(found.Select(finding => finding with { Start = finding.Start + windowStart }).Where(finding => finding.Start >= from && finding.Start < to));
    }
}
