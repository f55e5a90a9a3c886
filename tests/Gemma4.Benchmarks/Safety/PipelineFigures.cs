using System.Diagnostics;
using Gemma4.Safety;
using Gemma4.Safety.Judging;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks.Safety;

/// <summary>Figures of the default policy as a whole, of its streaming guard and of the model judge.</summary>
internal static class PipelineFigures
{
    private const int Size = 4096;

    public static async Task PrintAsync(IReadOnlyList<InjectionText> texts)
    {
        var evaluator = new SafetyEvaluator(new SafetyOptions { CacheSize = 0 });
        await PrintRefusalsAsync(evaluator, texts).ConfigureAwait(false);
        var all = string.Join('\n', texts.Select(text => text.Text));
        await PrintTextAsync(evaluator, all).ConfigureAwait(false);
        await PrintStreamAsync(evaluator, all).ConfigureAwait(false);
        await PrintJudgeAsync(all).ConfigureAwait(false);
    }

    private static async Task PrintRefusalsAsync(SafetyEvaluator evaluator, IReadOnlyList<InjectionText> texts)
    {
        foreach (var group in texts.Where(text => !text.IsAttack).GroupBy(text => text.Source))
        {
            var refused = 0;
            foreach (var text in group)
            {
                refused += (await evaluator.EvaluateAsync(text.Text, SafetyStage.Input).ConfigureAwait(false)).Action == SafetyAction.Refuse ? 1 : 0;
            }

            Console.WriteLine($"default policy refuses {refused} of {group.Count()} harmless texts of {group.Key}");
        }
    }

    private static async Task PrintTextAsync(SafetyEvaluator evaluator, string text)
    {
        foreach (var stage in Enum.GetValues<SafetyStage>())
        {
            var best = double.MaxValue;
            for (var round = 0; round < 200; round++)
            {
                var piece = text.Substring(round * 97, Size);
                var watch = Stopwatch.StartNew();
                await evaluator.EvaluateAsync(piece, stage).ConfigureAwait(false);
                best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
            }

            Console.WriteLine($"default policy, {stage}: {best:F3} ms per 4 KB (best of 200)");
        }
    }

    private static async Task PrintStreamAsync(SafetyEvaluator evaluator, string text)
    {
        const int PieceLength = 4; // about one token
        var policies = evaluator.Policies;
        var best = double.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var judge = new TextJudge(policies, policies.Find("default"), evaluator.Recorder, systemText: "You are a helpful assistant who answers questions about the products of the shop and nothing else at all.");
            var guard = new StreamGuard(judge, restorer: null, isThought: false);
            var watch = Stopwatch.StartNew();
            for (var start = 0; start < Size; start += PieceLength)
            {
                await guard.AppendAsync(text.Substring((round * 97) + start, PieceLength), CancellationToken.None).ConfigureAwait(false);
            }

            await guard.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds * PieceLength / Size);
        }

        Console.WriteLine($"default policy, streamed output: {best * 1000:F1} us per piece of {PieceLength} characters (best mean of 20 answers of 4 KB)");
    }

    private static async Task PrintJudgeAsync(string text)
    {
        using var client = new Gemma4ChatClient(new Gemma4Options().UseNano());
        var content = text[..2400];
        var tokens = await client.CountTokensAsync([new ChatMessage(ChatRole.User, content)]).ConfigureAwait(false);
        var one = new ModelJudge(client, [JudgePolicy.DangerousContent]);
        var four = new ModelJudge(client);
        var (bestOne, bestFour) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < 7; round++)
        {
            bestOne = Math.Min(bestOne, await TimeAsync(one, content).ConfigureAwait(false));
            bestFour = Math.Min(bestFour, await TimeAsync(four, content).ConfigureAwait(false));
        }

        Console.WriteLine($"judge over the nano model, text of {tokens} tokens: one policy {bestOne:F1} ms, four {bestFour:F1} ms, ratio {bestFour / bestOne:F2} (best of 7)");
    }

    private static async Task<double> TimeAsync(ModelJudge judge, string text)
    {
        var watch = Stopwatch.StartNew();
        await judge.ScoreAsync(text, SafetyStage.Input).ConfigureAwait(false);
        return watch.Elapsed.TotalMilliseconds;
    }
}
