using System.Diagnostics;
using System.Text;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Injection;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Recall and false alarms of the injection detector per set, for rules alone and with the model, and under disguises.</summary>
internal static class InjectionScores
{
    public static void Print(IReadOnlyList<InjectionText> texts, string title, bool showMisses)
    {
        Console.WriteLine(title);
        Console.WriteLine("  set           texts   rules   model    both");
        var detector = new PromptInjectionDetector(0.5);
        foreach (var group in texts.GroupBy(text => (text.Source, text.IsAttack)).OrderByDescending(group => group.Key.IsAttack))
        {
            var rules = 0;
            var model = 0;
            var both = 0;
            foreach (var text in group)
            {
                var found = Find(detector, text.Text);
                rules += found.Any(finding => !IsModel(finding)) ? 1 : 0;
                model += found.Any(IsModel) ? 1 : 0;
                both += found.Count > 0 ? 1 : 0;
                if (showMisses && text.IsAttack == (found.Count == 0))
                {
                    var names = string.Join(' ', found.Select(finding => $"{finding.Rule}:'{text.Text.Substring(finding.Start, Math.Min(40, finding.Length))}' {finding.Score:F2}"));
                    Console.WriteLine($"    {(text.IsAttack ? "missed" : "alarm")} {group.Key.Source}: {text.Text.ReplaceLineEndings(" / ")[..Math.Min(110, text.Text.ReplaceLineEndings(" / ").Length)]} {names}");
                }
            }

            var count = group.Count();
            Console.WriteLine($"  {group.Key.Source + (group.Key.IsAttack ? " attacks" : ""),-16} {count,4} {(double)rules / count,7:P1} {(double)model / count,7:P1} {(double)both / count,7:P1}");
        }
    }

    /// <summary>Of the attacks found as written, the share still found in disguise.</summary>
    public static void PrintDisguises(IReadOnlyList<InjectionText> texts)
    {
        var detector = new PromptInjectionDetector(0.5);
        var found = texts.Where(text => text.IsAttack && Find(detector, text.Text).Count > 0).ToArray();
        (string Name, Func<string, string> Disguise)[] disguises =
        [
            ("zero-width spaces", text => string.Join('\u200B', text.ToCharArray())),
            ("full-width letters", text => string.Concat(text.Select(c => c is > ' ' and <= '~' ? (char)(c + 0xFEE0) : c))),
            ("Cyrillic look-alikes", text => text.Replace('a', 'а').Replace('e', 'е').Replace('o', 'о').Replace('c', 'с')),
            ("digits for letters", text => text.Replace('o', '0').Replace('e', '3').Replace('i', '1')),
            ("base64", text => Convert.ToBase64String(Encoding.UTF8.GetBytes(text))),
            ("hexadecimal", text => Convert.ToHexString(Encoding.UTF8.GetBytes(text))),
            ("percent signs", Uri.EscapeDataString),
            ("tag characters", text => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? char.ConvertFromUtf32(0xE0000 + c) : c.ToString()))),
        ];
        foreach (var (name, disguise) in disguises)
        {
            var kept = found.Count(text => Find(detector, disguise(text.Text)).Count > 0);
            Console.WriteLine($"  {name,-22} {(double)kept / found.Length,7:P1} of {found.Length} found attacks");
        }
    }

    public static void PrintSpeed(IReadOnlyList<InjectionText> texts)
    {
        var detector = new PromptInjectionDetector(0.5);
        var joined = string.Join('\n', texts.Where(text => text.Source == "bfcl").Select(text => text.Text));
        var pieces = Enumerable.Range(0, Math.Min(200, joined.Length / 250)).Select(index => joined.Substring(index * 250, 250)).ToArray();
        var best = double.MaxValue;
        for (var round = 0; round < 40; round++)
        {
            var watch = Stopwatch.StartNew();
            foreach (var piece in pieces)
            {
                Find(detector, piece);
            }

            best = Math.Min(best, watch.Elapsed.TotalMilliseconds / pieces.Length);
        }

        Console.WriteLine($"prompt-injection: {best:F3} ms per 250 characters (best of 40)");
    }

    private static List<Finding> Find(PromptInjectionDetector detector, string text)
    {
        var found = new List<Finding>();
        detector.Detect(new TextView(text), found);
        return found;
    }

    private static bool IsModel(Finding finding) => finding.Rule == "prompt-injection/model";
}
