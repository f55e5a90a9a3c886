using Gemma4.Generation;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>
/// A random walk over several sessions of one engine: steps together, appends, rewinds, forks, cancelled appends and
/// disposals. After every step the logits are those of a new session of the reference engine.
/// </summary>
internal sealed class SessionWalk(IBatchEngine engine, IGenerationEngine reference, int seed, int longestChunk)
{
    private const int FewestSessions = 3;
    private const int MostSessions = 6;
    private const int LongestSequence = 400;

    private readonly Random _random = new(seed);
    private readonly List<TrackedSession> _all = [];

    /// <summary>Rewinds that went back further than the session kept rows for.</summary>
    internal int FarRewinds { get; private set; }

    /// <summary>Longest sequence that was compared.</summary>
    internal int Longest { get; private set; }

    internal void Run(int steps, float tolerance)
    {
        for (int step = 0; step < steps; step++)
        {
            while (_all.Count < FewestSessions)
            {
                var opened = new TrackedSession(engine.CreateSession(), []);
                _all.Add(opened);
                opened.Append(Tokens(_random.Next(1, longestChunk)));
            }

            TrackedSession any = _all[_random.Next(_all.Count)];
            switch (_random.Next(9))
            {
                case 0:
                    Rewind(any);
                    break;
                case 1:
                case 2 when any.Tokens.Count < LongestSequence:
                    any.Append(Tokens(_random.Next(1, longestChunk)));
                    Compare(any, tolerance);
                    break;
                case 3 when _all.Count < MostSessions:
                    Fork(any);
                    break;
                case 4 when _random.Next(2) == 0:
                    any.Session.Dispose();
                    _all.Remove(any);
                    break;
                case 5:
                    using (var source = new CancellationTokenSource())
                    {
                        source.Cancel();
                        Assert.Throws<OperationCanceledException>(() => any.Session.Append([5], source.Token));
                        Assert.Throws<OperationCanceledException>(() => engine.AppendEach([any.Session], [5], source.Token));
                    }

                    break;
                default:
                    StepSome(tolerance);
                    break;
            }
        }

        _all.ForEach(each => each.Session.Dispose());
    }

    private void Rewind(TrackedSession session)
    {
        int length = _random.Next(3) == 0
            ? _random.Next(session.Tokens.Count + 1)
            : Math.Max(0, session.Tokens.Count - _random.Next(6));
        int earliest = ((IForkableSession)session.Session).EarliestRewind;
        FarRewinds += length > 0 && length < earliest ? 1 : 0;
        session.RewindTo(length);
    }

    private void Fork(TrackedSession session)
    {
        var forkable = (IForkableSession)session.Session;
        int earliest = forkable.EarliestRewind;
        int length = _random.Next(5) == 0 ? 0 : _random.Next(earliest, session.Tokens.Count + 1);
        _all.Add(new(forkable.Fork(length), session.Tokens[..length]));
        if (earliest > 1)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => forkable.Fork(earliest - 1));
        }
    }

    private void StepSome(float tolerance)
    {
        TrackedSession[] group = [.. _all];
        _random.Shuffle(group);
        group = group[.._random.Next(1, Math.Min(5, group.Length + 1))];
        IGenerationSession[] sessions = [.. group.Select(each => each.Session)];
        for (int repeat = _random.Next(1, 4); repeat > 0; repeat--)
        {
            int[] tokens = Tokens(group.Length);
            engine.AppendEach(sessions, tokens);
            for (int index = 0; index < group.Length; index++)
            {
                group[index].Tokens.Add(tokens[index]);
            }
        }

        Array.ForEach(group, each => Compare(each, tolerance));
    }

    private void Compare(TrackedSession session, float tolerance)
    {
        session.AssertLogits(reference, tolerance);
        Longest = Math.Max(Longest, session.Tokens.Count);
    }

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(4, 500))];
}
