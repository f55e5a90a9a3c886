using Gemma4.Generation;

namespace Gemma4.Testing;

/// <content>What engines must do that offer more than the seam asks for.</content>
public abstract partial class GenerationEngineConformance
{
    private const int BatchRounds = 4;

    /// <summary>A fork continues as a new session with the same beginning would, and neither sees what the other appends.</summary>
    public void A_fork_holds_the_beginning_and_goes_its_own_way()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        if (session is not IForkableSession forkable)
        {
            return;
        }

        var tokens = SampleTokens(SampleLength, seed: 30);
        var others = SampleTokens(SampleLength, seed: 31);
        session.Append(tokens.AsSpan(0, 9));
        Expect.True(forkable.CacheBytes > 0, "CacheBytes must be above 0 for a session that holds tokens.");
        foreach (var length in new[] { 9, 0, 4 })
        {
            if (length != 0 && length < forkable.EarliestRewind)
            {
                continue;
            }

            using var fork = forkable.Fork(length);
            Expect.Equal(length, fork.Length, "The length of a fork");
            Expect.Throws<InvalidOperationException>(() => _ = fork.Logits, "Reading the logits of a fork");
            fork.Append(others.AsSpan(length, 3));
            int[] mixed = [.. tokens[..length], .. others[length..(length + 3)]];
            Expect.Near(
                length == 0 ? ColdRun.Logits(engine, mixed, 3) : ColdRun.Logits(engine, mixed, length, 3),
                fork.Logits,
                ChunkingTolerance,
                FormattableString.Invariant($"A fork at {length} and a new session"));
        }

        Expect.Equal(9, session.Length, "The length of a session that was forked");
        session.Append(tokens.AsSpan(9, 1));
        Expect.BitEqual(ColdRun.Logits(engine, tokens[..10], 9, 1), session.Logits, "A session that was forked and one that was not");
    }

    /// <summary>A fork holds between no token and all of them.</summary>
    public void A_fork_out_of_range_is_refused()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        if (session is not IForkableSession forkable)
        {
            return;
        }

        session.Append(SampleTokens(5, seed: 32));
        foreach (var length in new[] { -1, 6, int.MaxValue })
        {
            Expect.Throws<ArgumentOutOfRangeException>(
                () => forkable.Fork(length), FormattableString.Invariant($"Forking a session of 5 tokens at {length}"));
        }
    }

    /// <summary>Sessions of different lengths that are stepped together have the logits that each would have alone.</summary>
    public void A_step_of_several_sessions_equals_steps_of_each()
    {
        using var engine = CreateEngine();
        if (engine is not IBatchEngine batch)
        {
            return;
        }

        Expect.True(batch.MaxBatchSize >= 1, "MaxBatchSize must be at least 1.");
        var count = Math.Min(batch.MaxBatchSize, 3);
        var held = Enumerable.Range(0, count).Select(i => SampleTokens(2 + (5 * i), seed: 33 + i).ToList()).ToArray();
        var sessions = Enumerable.Range(0, count).Select(_ => engine.CreateSession()).ToArray();
        try
        {
            for (var i = 0; i < count; i++)
            {
                sessions[i].Append(held[i].ToArray());
            }

            for (var round = 0; round < BatchRounds; round++)
            {
                // The last round goes on without the first session.
                var first = round == BatchRounds - 1 && count > 1 ? 1 : 0;
                var next = SampleTokens(count, seed: 40 + round);
                batch.AppendEach(sessions.AsSpan(first), next.AsSpan(first));
                for (var i = first; i < count; i++)
                {
                    held[i].Add(next[i]);
                    Expect.Equal(held[i].Count, sessions[i].Length, "The length after a step of several sessions");
                    Expect.Near(
                        ColdRun.Logits(engine, [.. held[i]], held[i].Count),
                        sessions[i].Logits,
                        ChunkingTolerance,
                        FormattableString.Invariant($"Session {i} stepped with {count - first - 1} others and alone"));
                }
            }
        }
        finally
        {
            Array.ForEach(sessions, session => session.Dispose());
        }
    }

    /// <summary>A step that is refused or cancelled leaves every session as it was.</summary>
    public void A_refused_step_of_several_sessions_changes_none()
    {
        using var engine = CreateEngine();
        if (engine is not IBatchEngine { MaxBatchSize: > 1 } batch)
        {
            return;
        }

        using var other = engine.CreateSession();
        other.Append(SampleTokens(3, seed: 50));
        using var session = engine.CreateSession();
        var good = SampleTokens(2, seed: 51);
        using var foreignEngine = CreateEngine();
        using var foreign = foreignEngine.CreateSession();
        foreach (var (what, call) in new (string, Action)[]
        {
            ("A token too few", () => Expect.Throws<ArgumentException>(() => batch.AppendEach([session, other], [good[0]]), "A token too few")),
            ("No session", () => Expect.Throws<ArgumentException>(() => batch.AppendEach([], []), "No session")),
            ("A session named twice", () => Expect.Throws<ArgumentException>(() => batch.AppendEach([session, session], good), "A session named twice")),
            ("Another engine's session", () => Expect.Throws<ArgumentException>(() => batch.AppendEach([session, foreign], good), "Another engine's session")),
            ("A token outside the vocabulary", () => Expect.Throws<ArgumentException>(
                () => batch.AppendEach([session, other], [good[0], engine.VocabularySize]), "A token outside the vocabulary")),
            ("A cancelled step", () => Expect.Throws<OperationCanceledException>(
                () => batch.AppendEach([session, other], good, new CancellationToken(canceled: true)), "A cancelled step")),
        })
        {
            ExpectUnchanged(session, call, what);
            Expect.Equal(3, other.Length, $"{what}: the length of the other session");
            session.RewindTo(0);
        }
    }

    /// <summary>The last positions of a chunk have the logits that appends of single tokens give.</summary>
    public void Several_positions_are_scored_as_if_one_by_one()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        if (session is not IDraftSession draft)
        {
            return;
        }

        var tokens = SampleTokens(SampleLength, seed: 52);
        foreach (var (held, added, rows) in new[] { (6, 4, 4), (6, 5, 2), (0, 5, 5), (0, 1, 1), (7, 1, 1) })
        {
            session.RewindTo(0);
            if (held > 0)
            {
                session.Append(tokens.AsSpan(0, held));
            }

            draft.Append(tokens.AsSpan(held, added), rows);
            for (var row = 0; row < rows; row++)
            {
                var length = held + added - rows + row + 1;
                Expect.Near(
                    ColdRun.Logits(engine, tokens[..length], length),
                    draft.LogitsOf(row),
                    ChunkingTolerance,
                    FormattableString.Invariant($"Row {row} of {rows} after {held} and {added} tokens and a session that ends there"));
            }

            Expect.BitEqual(draft.LogitsOf(rows - 1), session.Logits, "The last row and the logits");
            Expect.Throws<ArgumentOutOfRangeException>(() => draft.LogitsOf(rows), "Reading a row that was not asked for");
            Expect.Throws<ArgumentOutOfRangeException>(() => draft.LogitsOf(-1), "Reading row -1");
        }

        foreach (var rows in new[] { 0, -1, 3 })
        {
            Expect.Throws<ArgumentOutOfRangeException>(
                () => draft.Append(tokens.AsSpan(0, 2), rows), FormattableString.Invariant($"Scoring {rows} rows of 2 tokens"));
        }
    }

    /// <summary>Rows stay readable after a rewind, until the next append: the caller rewinds to the guesses it accepts.</summary>
    public void Scored_positions_outlive_a_rewind()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        if (session is not IDraftSession draft)
        {
            return;
        }

        var tokens = SampleTokens(SampleLength, seed: 53);
        session.Append(tokens.AsSpan(0, 6));
        draft.Append(tokens.AsSpan(6, 4), 4);
        var rows = Enumerable.Range(0, 4).Select(row => draft.LogitsOf(row).ToArray()).ToArray();
        session.RewindTo(8);
        for (var row = 0; row < rows.Length; row++)
        {
            Expect.BitEqual(rows[row], draft.LogitsOf(row), "A row before and after a rewind");
        }

        session.Append(tokens.AsSpan(8, 1));
        Expect.BitEqual(session.Logits, draft.LogitsOf(0), "The only row after an append without a number of rows");
        Expect.Throws<ArgumentOutOfRangeException>(() => draft.LogitsOf(1), "Reading a row of an earlier append");
    }

    /// <summary>Puts 5 tokens into the session; the failing call must leave them and what follows alone.</summary>
    private void ExpectUnchanged(IGenerationSession session, Action failingCall, string what)
    {
        var tokens = SampleTokens(6, seed: 16);
        session.Append(tokens.AsSpan(0, 5));
        var before = session.Logits.ToArray();
        session.Append(tokens.AsSpan(5, 1));
        var following = session.Logits.ToArray();

        session.RewindTo(0);
        session.Append(tokens.AsSpan(0, 5));
        failingCall();
        Expect.Equal(5, session.Length, $"{what}: the length afterwards");
        Expect.BitEqual(before, session.Logits, $"{what}: the logits before and after");
        session.Append(tokens.AsSpan(5, 1));
        Expect.BitEqual(following, session.Logits, $"{what}: the logits of the next token with and without it");
    }
}
