namespace Gemma4.Safety.Detection;

/// <summary>Chooses between findings that claim the same characters.</summary>
internal static class FindingOverlaps
{
    /// <summary>
    /// The findings that no overlapping one beats, in the order of the text. The higher score wins, then the longer, then the
    /// earlier in the list. Each is compared with its direct neighbours only, so a choice never depends on text far away.
    /// </summary>
    public static List<Finding> Strongest(List<Finding> findings)
    {
        if (findings.Count < 2)
        {
            return findings;
        }

        // A stable sort keeps the earlier entry first among equals.
        var sorted = findings.Select((finding, order) => (Finding: finding, Order: order)).OrderBy(entry => entry.Finding.Start).ToArray();
        var reach = new int[sorted.Length]; // [index] -> the farthest end up to here
        for (var index = 0; index < sorted.Length; index++)
        {
            reach[index] = Math.Max(index == 0 ? 0 : reach[index - 1], sorted[index].Finding.End);
        }

        var result = new List<Finding>(findings.Count);
        for (var index = 0; index < sorted.Length; index++)
        {
            var (finding, order) = sorted[index];
            var isBeaten = false;
            for (var other = index - 1; other >= 0 && reach[other] > finding.Start && !isBeaten; other--)
            {
                isBeaten = Beats(sorted[other], finding, order);
            }

            for (var other = index + 1; other < sorted.Length && sorted[other].Finding.Start < finding.End && !isBeaten; other++)
            {
                isBeaten = Beats(sorted[other], finding, order);
            }

            if (!isBeaten)
            {
                result.Add(finding);
            }
        }

        return result;
    }

    private static bool Beats((Finding Finding, int Order) other, Finding finding, int order)
    {
        if (other.Finding.End <= finding.Start || other.Finding.Start >= finding.End)
        {
            return false;
        }

        var byScore = other.Finding.Score.CompareTo(finding.Score);
        var byLength = other.Finding.Length.CompareTo(finding.Length);
        return byScore != 0 ? byScore > 0 : byLength != 0 ? byLength > 0 : other.Order < order;
    }
}
