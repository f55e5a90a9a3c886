using System.Diagnostics.CodeAnalysis;
using Gemma4.Generation;

namespace Gemma4.Testing;

/// <summary>
/// What every <see cref="IGenerationEngine"/> must do. Derive it, and run each of <see cref="Behaviours"/> as one case
/// of a parameterised test in any test framework. A violation is a <see cref="ConformanceException"/>.
/// </summary>
/// <remarks>
/// The engine must hold at least 64 tokens per session. Each behaviour makes and disposes an engine of its own.
/// Behaviours of a capability (<see cref="IBatchEngine"/>, <see cref="IForkableSession"/>, <see cref="IDraftSession"/>)
/// ask nothing of engines without it.
/// </remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The names are sentences, as in a test.")]
public abstract partial class GenerationEngineConformance
{
    private const int SampleLength = 16;

    private static readonly Dictionary<string, Action<GenerationEngineConformance>> All = new(StringComparer.Ordinal)
    {
        [nameof(Length_counts_the_tokens)] = s => s.Length_counts_the_tokens(),
        [nameof(There_is_one_logit_per_token)] = s => s.There_is_one_logit_per_token(),
        [nameof(Logits_cannot_be_read_before_an_append)] = s => s.Logits_cannot_be_read_before_an_append(),
        [nameof(Logits_cannot_be_read_after_a_rewind)] = s => s.Logits_cannot_be_read_after_a_rewind(),
        [nameof(An_empty_append_is_refused)] = s => s.An_empty_append_is_refused(),
        [nameof(A_token_outside_the_vocabulary_is_refused)] = s => s.A_token_outside_the_vocabulary_is_refused(),
        [nameof(The_same_chunks_give_the_same_bits)] = s => s.The_same_chunks_give_the_same_bits(),
        [nameof(Other_chunks_give_nearly_the_same)] = s => s.Other_chunks_give_nearly_the_same(),
        [nameof(A_rewound_session_equals_a_new_one)] = s => s.A_rewound_session_equals_a_new_one(),
        [nameof(A_rewind_into_a_chunk_forgets_the_rest_of_it)] = s => s.A_rewind_into_a_chunk_forgets_the_rest_of_it(),
        [nameof(A_rewind_out_of_range_is_refused)] = s => s.A_rewind_out_of_range_is_refused(),
        [nameof(An_append_beyond_the_context_leaves_the_session_usable)] =
            s => s.An_append_beyond_the_context_leaves_the_session_usable(),
        [nameof(A_cancelled_append_leaves_the_session_as_it_was)] =
            s => s.A_cancelled_append_leaves_the_session_as_it_was(),
        [nameof(Interleaved_sessions_do_not_see_each_other)] = s => s.Interleaved_sessions_do_not_see_each_other(),
        [nameof(Sessions_run_in_parallel)] = s => s.Sessions_run_in_parallel(),
        [nameof(A_disposed_session_is_closed)] = s => s.A_disposed_session_is_closed(),
        [nameof(A_disposed_engine_opens_no_session)] = s => s.A_disposed_engine_opens_no_session(),
        [nameof(A_fork_holds_the_beginning_and_goes_its_own_way)] = s => s.A_fork_holds_the_beginning_and_goes_its_own_way(),
        [nameof(A_fork_out_of_range_is_refused)] = s => s.A_fork_out_of_range_is_refused(),
        [nameof(A_step_of_several_sessions_equals_steps_of_each)] = s => s.A_step_of_several_sessions_equals_steps_of_each(),
        [nameof(A_refused_step_of_several_sessions_changes_none)] = s => s.A_refused_step_of_several_sessions_changes_none(),
        [nameof(Several_positions_are_scored_as_if_one_by_one)] = s => s.Several_positions_are_scored_as_if_one_by_one(),
        [nameof(Scored_positions_outlive_a_rewind)] = s => s.Scored_positions_outlive_a_rewind(),
    };

    /// <summary>The names of all behaviours, to feed a parameterised test.</summary>
    public static IEnumerable<string> Behaviours => All.Keys;

    /// <summary>
    /// Largest difference between two logits of the same tokens in different chunks; default 1e-3. Quantised kernels
    /// differ more between one and several tokens.
    /// </summary>
    protected virtual double ChunkingTolerance => 1e-3;

    /// <summary>Runs one behaviour.</summary>
    /// <param name="behaviour">One of <see cref="Behaviours"/>.</param>
    /// <exception cref="ConformanceException">The engine does something else.</exception>
    /// <exception cref="ArgumentException">There is no such behaviour.</exception>
    public void Run(string behaviour)
    {
        ArgumentNullException.ThrowIfNull(behaviour);
        if (!All.TryGetValue(behaviour, out var run))
        {
            throw new ArgumentException(
                $"There is no behaviour '{behaviour}'. There are: {string.Join(", ", All.Keys)}.",
                nameof(behaviour));
        }

        run(this);
    }

    /// <summary>The length grows with every append and shrinks with a rewind.</summary>
    public void Length_counts_the_tokens()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var tokens = SampleTokens(SampleLength, seed: 1);
        Expect.Equal(0, session.Length, "The length of a new session");
        session.Append(tokens.AsSpan(0, 5));
        Expect.Equal(5, session.Length, "The length after 5 tokens");
        session.Append(tokens.AsSpan(5, 1));
        Expect.Equal(6, session.Length, "The length after 5 and 1 tokens");
        session.RewindTo(2);
        Expect.Equal(2, session.Length, "The length after a rewind to 2");
        session.Append(tokens.AsSpan(2, 3));
        Expect.Equal(5, session.Length, "The length after a rewind to 2 and 3 tokens");
    }

    /// <summary>After any append there are as many logits as tokens in the vocabulary, and all are numbers.</summary>
    public void There_is_one_logit_per_token()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        Expect.True(engine.MaxContextTokens >= 64, "The suite needs an engine that holds at least 64 tokens.");
        foreach (var chunk in ColdRun.Chunks(SampleTokens(SampleLength, seed: 2), 7, 1, 8))
        {
            session.Append(chunk);
            Expect.Equal(engine.VocabularySize, session.Logits.Length, "The number of logits");
            foreach (var logit in session.Logits)
            {
                Expect.True(!float.IsNaN(logit), "A logit must be a number; one is not.");
            }
        }
    }

    /// <summary>A new session has no logits.</summary>
    public void Logits_cannot_be_read_before_an_append()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        Expect.Throws<InvalidOperationException>(() => _ = session.Logits, "Reading the logits of a new session");
    }

    /// <summary>A rewind takes the logits away, even one that forgets nothing, until the next append.</summary>
    public void Logits_cannot_be_read_after_a_rewind()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var tokens = SampleTokens(SampleLength, seed: 3);
        foreach (var length in new[] { 8, 3, 0 })
        {
            session.RewindTo(0);
            session.Append(tokens.AsSpan(0, 8));
            session.RewindTo(length);
            Expect.Throws<InvalidOperationException>(
                () => _ = session.Logits,
                FormattableString.Invariant($"Reading the logits after a rewind from 8 to {length}"));
            session.Append(tokens.AsSpan(8, 1));
            Expect.Equal(engine.VocabularySize, session.Logits.Length, "The number of logits after the next append");
        }
    }

    /// <summary>At least one token must be appended.</summary>
    public void An_empty_append_is_refused()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        ExpectUnchanged(
            session,
            () => Expect.Throws<ArgumentException>(() => session.Append([]), "An empty append"),
            "An empty append");
    }

    /// <summary>Ids run from 0 to the vocabulary size, exclusive.</summary>
    public void A_token_outside_the_vocabulary_is_refused()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var good = SampleTokens(1, seed: 4)[0];
        foreach (var bad in new[] { -1, engine.VocabularySize, int.MaxValue, int.MinValue })
        {
            var what = FormattableString.Invariant($"Appending token {bad}");
            ExpectUnchanged(
                session,
                () => Expect.Throws<ArgumentException>(() => session.Append([good, bad]), what),
                what);
            session.RewindTo(0);
        }
    }

    /// <summary>The same tokens in the same chunks give logits that are equal bit for bit, in any session.</summary>
    public void The_same_chunks_give_the_same_bits()
    {
        using var engine = CreateEngine();
        var tokens = SampleTokens(SampleLength, seed: 5);
        foreach (var lengths in new[] { [16], [9, 7], new[] { 5, 1, 1, 6, 3 } })
        {
            var expected = ColdRun.Logits(engine, tokens, lengths);
            Expect.BitEqual(expected, ColdRun.Logits(engine, tokens, lengths), "The same chunks in a second session");
        }
    }

    /// <summary>However tokens are cut into chunks, the logits agree within the tolerance.</summary>
    public void Other_chunks_give_nearly_the_same()
    {
        using var engine = CreateEngine();
        var tokens = SampleTokens(SampleLength, seed: 6);
        var expected = ColdRun.Logits(engine, tokens, SampleLength);
        foreach (var lengths in new[] { [8, 8], [1, 15], [15, 1], Enumerable.Repeat(1, SampleLength).ToArray() })
        {
            Expect.Near(
                expected,
                ColdRun.Logits(engine, tokens, lengths),
                ChunkingTolerance,
                $"The logits of one chunk and those of chunks of {string.Join(" + ", lengths)}");
        }
    }

    /// <summary>After a rewind to the end of a chunk nothing is left of what followed, to the last bit.</summary>
    public void A_rewound_session_equals_a_new_one()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var first = SampleTokens(SampleLength, seed: 7);
        var second = SampleTokens(SampleLength, seed: 8);
        session.Append(first.AsSpan(0, 6));
        session.Append(first.AsSpan(6, 9));
        session.Append(first.AsSpan(15, 1));

        session.RewindTo(6);
        session.Append(second.AsSpan(6, 4));
        session.Append(second.AsSpan(10, 1));
        int[] mixed = [.. first[..6], .. second[6..11]];
        Expect.BitEqual(ColdRun.Logits(engine, mixed, 6, 4, 1), session.Logits, "A session rewound to 6 and a new one");

        session.RewindTo(0);
        session.Append(second);
        var expected = ColdRun.Logits(engine, second, SampleLength);
        Expect.BitEqual(expected, session.Logits, "A session rewound to 0 and a new one");
    }

    /// <summary>After a rewind into a chunk the logits agree with a new session's within the tolerance.</summary>
    public void A_rewind_into_a_chunk_forgets_the_rest_of_it()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var first = SampleTokens(SampleLength, seed: 9);
        var second = SampleTokens(SampleLength, seed: 10);
        session.Append(first);
        session.RewindTo(5);
        session.Append(second.AsSpan(5, 6));
        int[] mixed = [.. first[..5], .. second[5..11]];
        Expect.Near(
            ColdRun.Logits(engine, mixed, 5, 6),
            session.Logits,
            ChunkingTolerance,
            "A session rewound from 16 to 5 and a new one");
    }

    /// <summary>A rewind goes to a length between 0 and the present one.</summary>
    public void A_rewind_out_of_range_is_refused()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        Expect.Throws<ArgumentOutOfRangeException>(() => session.RewindTo(1), "Rewinding an empty session to 1");
        foreach (var length in new[] { -1, 6, int.MaxValue })
        {
            var what = FormattableString.Invariant($"Rewinding a session of 5 tokens to {length}");
            ExpectUnchanged(
                session,
                () => Expect.Throws<ArgumentOutOfRangeException>(() => session.RewindTo(length), what),
                what);
            session.RewindTo(0);
        }
    }

    /// <summary>What does not fit is refused before anything runs.</summary>
    public void An_append_beyond_the_context_leaves_the_session_usable()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var tooMany = new int[engine.MaxContextTokens - 4];
        Array.Fill(tooMany, SampleTokens(1, seed: 11)[0]);
        const string What = "Appending one token more than fits";
        ExpectUnchanged(
            session,
            () => Expect.Throws<InvalidOperationException>(() => session.Append(tooMany), What),
            What);
    }

    /// <summary>A cancelled append throws <see cref="OperationCanceledException"/> and changes nothing.</summary>
    public void A_cancelled_append_leaves_the_session_as_it_was()
    {
        using var engine = CreateEngine();
        using var session = engine.CreateSession();
        var tokens = SampleTokens(SampleLength, seed: 12);
        const string What = "An append with a cancelled token";
        ExpectUnchanged(
            session,
            () => Expect.Throws<OperationCanceledException>(
                () => session.Append(tokens, new CancellationToken(canceled: true)),
                What),
            What);
    }

    /// <summary>Two conversations that take turns give what each gives alone.</summary>
    public void Interleaved_sessions_do_not_see_each_other()
    {
        using var engine = CreateEngine();
        var tokens = new[] { SampleTokens(SampleLength, seed: 13), SampleTokens(SampleLength, seed: 14) };
        var expected = tokens.Select(each => ColdRun.Logits(engine, each, 6, 1, 1, 8)).ToArray();
        using var first = engine.CreateSession();
        using var second = engine.CreateSession();
        IGenerationSession[] sessions = [first, second];
        var start = 0;
        foreach (var length in new[] { 6, 1, 1, 8 })
        {
            for (var i = 0; i < sessions.Length; i++)
            {
                sessions[i].Append(tokens[i].AsSpan(start, length));
            }

            start += length;
        }

        for (var i = 0; i < sessions.Length; i++)
        {
            Expect.BitEqual(expected[i], sessions[i].Logits, "An interleaved session and one alone");
        }
    }

    /// <summary>Sessions on several threads give what each gives alone.</summary>
    public void Sessions_run_in_parallel()
    {
        using var engine = CreateEngine();
        var tokens = Enumerable.Range(20, 4).Select(seed => SampleTokens(SampleLength, seed)).ToArray();
        var expected = tokens.Select(each => ColdRun.Logits(engine, each, 7, 1, 1, 7)).ToArray();
        var actual = new float[tokens.Length][];
        var failures = new Exception?[tokens.Length];

        // Threads of their own: a pool may run the sessions one after the other.
        using var together = new Barrier(tokens.Length);
        var threads = Enumerable.Range(0, tokens.Length).Select(i => new Thread(() =>
        {
            try
            {
                together.SignalAndWait();
                for (var round = 0; round < 3; round++)
                {
                    actual[i] = ColdRun.Logits(engine, tokens[i], 7, 1, 1, 7);
                }
            }
            catch (Exception exception)
            {
                failures[i] = exception;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (var i = 0; i < tokens.Length; i++)
        {
            if (failures[i] is { } failure)
            {
                throw new ConformanceException($"A session in parallel with others failed: {failure.Message}", failure);
            }

            Expect.BitEqual(expected[i], actual[i], "A session in parallel with others and one alone");
        }
    }

    /// <summary>Makes the engine under test; the suite disposes it.</summary>
    protected abstract IGenerationEngine CreateEngine();

    /// <summary>
    /// Tokens that the engine knows: by default ids from 4 to 67, past the usual control tokens. Override it when the
    /// vocabulary is smaller.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same tokens, another seed others.</param>
    protected virtual int[] SampleTokens(int count, int seed)
    {
        var random = new Random(seed);
        var tokens = new int[count];
        for (var i = 0; i < count; i++)
        {
            tokens[i] = random.Next(4, 68);
        }

        return tokens;
    }
}
