using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.Tests.Testing;

public class ScriptedEngineTests
{
    [Fact]
    public void The_likeliest_token_is_the_scripted_one()
    {
        using var engine = new ScriptedEngine(50, 20, tokens => tokens.Sum() % 50);
        using var session = engine.CreateSession();
        session.Append([10, 20]);
        Assert.Equal(30, Likeliest(session));
        session.Append([30]);
        Assert.Equal(10, Likeliest(session));
        session.RewindTo(1);
        session.Append([7]);
        Assert.Equal(17, Likeliest(session));
    }

    [Fact]
    public void Sessions_runs_and_tokens_are_counted()
    {
        using var engine = new ScriptedEngine(50, 4, _ => 1);
        using (var first = engine.CreateSession())
        using (var second = engine.CreateSession())
        {
            first.Append([1, 2, 3]);
            second.Append([1]);
            first.RewindTo(0);
            Assert.Throws<InvalidOperationException>(() => first.Append([1, 2, 3, 4, 5]));
            first.Append([1, 2]);
            Assert.Equal(2, engine.OpenSessionCount);
        }

        Assert.Equal((2, 0, 3, 6L), (engine.SessionCount, engine.OpenSessionCount, engine.RunCount, engine.AppendedTokenCount));
    }

    [Fact]
    public void Each_prompt_gets_the_next_response_and_then_the_stop_id()
    {
        using var engine = ScriptedEngine.FromResponses(50, 100, 9, [20, 21], [30], []);
        using var session = engine.CreateSession();
        Assert.Equal([20, 21, 9], Answer(session, [1, 2, 3]));
        Assert.Equal([30, 9], Answer(session, [4, 5]));
        Assert.Equal([9], Answer(session, [6, 7]));
        var error = Assert.Throws<InvalidOperationException>(() => session.Append([1, 2]));
        Assert.StartsWith("The script has 3 responses, and another prompt came.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_in_chunks_is_one_prompt()
    {
        using var engine = ScriptedEngine.FromResponses(50, 100, 9, [20], [30]);
        using var session = engine.CreateSession();
        session.Append([1, 2, 3]);
        session.Append([4, 5]);
        Assert.Equal([20, 9], Answer(session, [6]));
        session.RewindTo(2);
        Assert.Equal([30, 9], Answer(session, [7]));
    }

    [Fact]
    public void Responses_are_shared_by_all_sessions()
    {
        using var engine = ScriptedEngine.FromResponses(50, 100, 9, [20, 21], [30, 31]);
        using var first = engine.CreateSession();
        using var second = engine.CreateSession();
        first.Append([1, 2]);
        second.Append([1, 2]);
        Assert.Equal((20, 30), (Likeliest(first), Likeliest(second)));
        first.Append([20]);
        second.Append([30]);
        Assert.Equal((21, 31), (Likeliest(first), Likeliest(second)));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ScriptedEngine.FromResponses(50, 100, 9, [50]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ScriptedEngine.FromResponses(50, 100, 50, [1]));
        using var engine = new ScriptedEngine(50, 20, _ => 50);
        using var session = engine.CreateSession();
        Assert.Throws<InvalidOperationException>(() => session.Append([1]));
        Assert.Equal(0, session.Length);
    }

    [Fact]
    public void The_hook_can_cancel_and_the_session_stays_as_it_was()
    {
        using var cancellation = new CancellationTokenSource();
        using var engine = new ScriptedEngine(50, 20, tokens => tokens.Count);
        using var session = engine.CreateSession();
        session.Append([1, 2]);
        ScriptedAppend? seen = null;
        engine.OnAppend = append =>
        {
            seen = append;
            cancellation.Cancel();
        };
        Assert.Throws<OperationCanceledException>(() => session.Append([3, 4], cancellation.Token));
        Assert.Equal([3, 4], seen!.Tokens);
        Assert.Equal((2, cancellation.Token), (seen.LengthBefore, seen.CancellationToken));
        Assert.Equal((2, 2, 1), (session.Length, Likeliest(session), engine.RunCount));
    }

    [Fact]
    public void What_the_script_throws_comes_out_of_the_append()
    {
        using var engine = new ScriptedEngine(50, 20, tokens => tokens.Count < 3 ? 5 : throw new TimeoutException("late"));
        using var session = engine.CreateSession();
        session.Append([1, 2]);
        Assert.Throws<TimeoutException>(() => session.Append([3]));
        Assert.Equal((2, 5), (session.Length, Likeliest(session)));
    }

    private static int Likeliest(IGenerationSession session)
    {
        var logits = session.Logits.ToArray();
        return Array.IndexOf(logits, logits.Max());
    }

    /// <summary>Greedy generation up to and with the stop id 9, which is not appended.</summary>
    private static List<int> Answer(IGenerationSession session, int[] prompt)
    {
        session.Append(prompt);
        var ids = new List<int> { Likeliest(session) };
        while (ids[^1] != 9)
        {
            session.Append([ids[^1]]);
            ids.Add(Likeliest(session));
        }

        return ids;
    }
}
