using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.PersonalData;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Precision and recall of the personal data rules against marked texts; a hit overlaps a span of the same kind.</summary>
internal static class PersonalDataScores
{
    // The set's name for a kind, and ours; several of ours may answer to one.
    private static readonly (string Gold, string[] Ours, bool IsCheckable)[] Kinds =
    [
        ("CREDIT_CARD", ["CREDIT_CARD"], true),
        ("IBAN_CODE", ["IBAN"], true),
        ("US_SSN", ["US_SSN"], true),
        ("EMAIL_ADDRESS", ["EMAIL"], true),
        ("DOMAIN_NAME", ["URL", "DOMAIN"], true),
        ("IP_ADDRESS", ["IP_ADDRESS"], true),
        ("CRYPTO", ["CRYPTO_ADDRESS"], true),
        ("PHONE_NUMBER", ["PHONE"], false),
        ("US_DRIVER_LICENSE", ["US_DRIVER_LICENSE"], false),
    ];

    public static void Print(IReadOnlyList<LabelledText> texts, string title, bool showMisses)
    {
        var detector = new PersonalDataDetector();
        Console.WriteLine(title);
        Console.WriteLine("  kind                gold  found      P      R     F1  exact ends");
        var all = new Counts();
        foreach (var (gold, ours, isCheckable) in Kinds)
        {
            var counts = new Counts();
            foreach (var text in texts)
            {
                Count(detector, text, gold, ours, counts, showMisses);
            }

            Console.WriteLine($"  {gold,-18} {counts.Gold,5} {counts.Found,6} {counts.Precision,6:P1} {counts.Recall,6:P1} {counts.F1,6:P1} {counts.ExactShare,6:P1}");
            if (isCheckable)
            {
                all.Add(counts);
            }
        }

        Console.WriteLine($"  {"all checkable",-18} {all.Gold,5} {all.Found,6} {all.Precision,6:P1} {all.Recall,6:P1} {all.F1,6:P1} {all.ExactShare,6:P1}");
    }

    private static void Count(PersonalDataDetector detector, LabelledText text, string gold, string[] ours, Counts counts, bool showMisses)
    {
        var found = new List<Finding>();
        detector.Detect(new TextView(text.Text), found);
        var wanted = text.Spans.Where(span => span.Entity == gold).ToArray();
        var given = found.Where(finding => ours.Contains(finding.Entity)).ToArray();
        counts.Gold += wanted.Length;
        counts.Found += given.Length;
        foreach (var finding in given)
        {
            var isRight = wanted.Any(span => span.Start < finding.End && finding.Start < span.End);
            counts.Right += isRight ? 1 : 0;
            counts.Exact += wanted.Any(span => span.Start == finding.Start && span.End == finding.End) ? 1 : 0;
            if (!isRight && showMisses)
            {
                Console.WriteLine($"    extra {finding.Rule} '{text.Text.Substring(finding.Start, finding.Length)}' in: {Line(text.Text)}");
            }
        }

        foreach (var span in wanted)
        {
            var isHit = given.Any(finding => span.Start < finding.End && finding.Start < span.End);
            counts.Hit += isHit ? 1 : 0;
            if (!isHit && showMisses)
            {
                Console.WriteLine($"    missed {gold} '{span.Value}' in: {Line(text.Text)}");
            }
        }
    }

    private static string Line(string text) => text.ReplaceLineEndings(" / ")[..Math.Min(120, text.ReplaceLineEndings(" / ").Length)];

    private sealed class Counts
    {
        public int Gold { get; set; }

        public int Found { get; set; }

        public int Right { get; set; }

        public int Hit { get; set; }

        public int Exact { get; set; }

        public double Precision => Found == 0 ? double.NaN : (double)Right / Found;

        public double Recall => Gold == 0 ? double.NaN : (double)Hit / Gold;

        public double F1 => 2 * Precision * Recall / (Precision + Recall);

        public double ExactShare => Right == 0 ? double.NaN : (double)Exact / Right;

        public void Add(Counts other)
        {
            Gold += other.Gold;
            Found += other.Found;
            Right += other.Right;
            Hit += other.Hit;
            Exact += other.Exact;
        }
    }
}
