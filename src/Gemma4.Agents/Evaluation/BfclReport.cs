namespace Gemma4.Agents.Evaluation;

/// <summary>Scores of one run over question sets.</summary>
/// <param name="Answers">Every question with its verdict, in the order asked.</param>
public sealed record BfclReport(IReadOnlyList<BfclAnswer> Answers)
{
    /// <summary>Share of right answers over all questions, 0 to 1; 0 without questions.</summary>
    public double Accuracy => Answers.Count == 0 ? 0 : Answers.Count(answer => answer.Verdict.IsRight) / (double)Answers.Count;

    /// <summary>The classes in the order asked, each with the number of right answers and of questions.</summary>
    public IReadOnlyList<(string Category, int Right, int Count)> Categories =>
        [.. Answers.GroupBy(answer => answer.Category).Select(group => (group.Key, group.Count(answer => answer.Verdict.IsRight), group.Count()))];
}
