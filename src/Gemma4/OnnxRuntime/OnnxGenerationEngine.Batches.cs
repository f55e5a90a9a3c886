using System.Globalization;
using Gemma4.Generation;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Steps of several sessions. Sessions that are stepped together lie side by side in an arena; they are copied in when
/// they join and out when the others go on without them, so that steady decoding copies nothing.
/// </summary>
/// <remarks>
/// Whoever holds more than one session's gate holds the batch lock first, and nobody waits for that lock with a gate in
/// hand; so the order of the gates does not matter.
/// </remarks>
public sealed partial class OnnxGenerationEngine : IBatchEngine
{
    // Beyond this a step of the small models is bound by arithmetic, not by reading the weights.
    private const int MostSessionsPerStep = 8;

    private readonly Lock _batchLock = new();
    private readonly List<BatchStep> _batches = [];
    private bool _batchesDisposed;

    /// <inheritdoc/>
    public int MaxBatchSize => _graph.AllowsBatches ? MostSessionsPerStep : 1;

    /// <inheritdoc/>
    /// <remarks>Sessions with different adapters cannot be stepped together: that is an <see cref="ArgumentException"/>.</remarks>
    /// <exception cref="Gemma4CacheFullException">
    /// The caches do not fit into the budget side by side; one by one the sessions may still fit.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The engine or a session was disposed.</exception>
    public void AppendEach(
        ReadOnlySpan<IGenerationSession> sessions, ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        OnnxGenerationSession[] members = Check(sessions, tokens);
        if (members.Length == 1)
        {
            members[0].Append(tokens, cancellationToken);
            return;
        }

        lock (_batchLock)
        {
            ObjectDisposedException.ThrowIf(_batchesDisposed, this);
            var gates = new List<Lock>(members.Length);
            try
            {
                foreach (OnnxGenerationSession member in members)
                {
                    Enter(member, gates);
                }

                for (int index = 0; index < members.Length; index++)
                {
                    members[index].CheckStep(tokens[index]);
                }

                cancellationToken.ThrowIfCancellationRequested();
                foreach (OnnxGenerationSession member in members)
                {
                    member.Replay(cancellationToken);
                }

                Step(members, tokens, gates, cancellationToken);
            }
            finally
            {
                gates.ForEach(gate => gate.Exit());
            }
        }
    }

    /// <summary>Gives back arena memory that no session lies in. Must not be called with a gate in hand.</summary>
    /// <returns>Whether there was any.</returns>
    internal bool FreeSpareSlots()
    {
        lock (_batchLock)
        {
            bool any = false;
            foreach (BatchStep batch in _batches)
            {
                any |= Shrink(batch.Arena);
            }

            return any;
        }
    }

    /// <summary>Opens a session with the adapter of another one.</summary>
    internal OnnxGenerationSession OpenFork(LoadedAdapter? adapter)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Open(adapter);
        }
    }

    private void DisposeBatches()
    {
        lock (_batchLock)
        {
            _batchesDisposed = true;
            _batches.ForEach(batch => batch.Dispose());
            _batches.Clear();
        }
    }

    private OnnxGenerationSession[] Check(ReadOnlySpan<IGenerationSession> sessions, ReadOnlySpan<int> tokens)
    {
        if (sessions.Length != tokens.Length || sessions.IsEmpty || sessions.Length > MaxBatchSize)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"There are {sessions.Length} sessions and {tokens.Length} tokens. Give one token for each of 1 up to {MaxBatchSize} sessions."),
                nameof(tokens));
        }

        var members = new OnnxGenerationSession[sessions.Length];
        for (int index = 0; index < members.Length; index++)
        {
            if (sessions[index] is not OnnxGenerationSession session || session.Engine != this)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Session {index} was not opened by this engine. Step it with its own."), nameof(sessions));
            }

            if (Array.IndexOf(members, session) >= 0)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Session {index} is named twice. A step appends one token to each session."), nameof(sessions));
            }

            if (index > 0 && session.Adapter != members[0].Adapter)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Session {index} runs with another adapter than the first. Step sessions of one adapter together."), nameof(sessions));
            }

            members[index] = session;
        }

        return members;
    }

    private void Step(
        OnnxGenerationSession[] members, ReadOnlySpan<int> tokens, List<Lock> gates, CancellationToken cancellationToken)
    {
        BatchStep batch = Choose(members);
        batch.Arena.BeginUse();
        try
        {
            Gather(batch.Arena, members, gates);
            batch.Bind(members.Length);
            for (int index = 0; index < members.Length; index++)
            {
                InPlaceCache cache = members[index].InPlace;
                cache.Slide(members[index].Length);
                batch.Set(cache.Slot, tokens[index], members[index].Length, cache.WindowRows(members[index].Length));
            }

            batch.Run(cancellationToken);
            for (int index = 0; index < members.Length; index++)
            {
                batch.Deliver(members[index].InPlace.Slot, members[index], tokens[index]);
            }
        }
        catch (OnnxRuntimeException exception)
        {
            throw cancellationToken.IsCancellationRequested
                ? new OperationCanceledException("The step was cancelled; the sessions are as they were before.", exception, cancellationToken)
                : OnnxFailure.Run(_graph.ModelPath, exception);
        }
        finally
        {
            batch.Arena.EndUse();
        }
    }

    /// <summary>The arena for which the fewest sessions have to be copied in or out.</summary>
    private BatchStep Choose(OnnxGenerationSession[] members)
    {
        LoadedAdapter? adapter = members[0].Adapter;
        BatchStep? best = null;
        int fewest = members.Length + 1; // a new one copies every member
        foreach (BatchStep batch in _batches)
        {
            if (batch.Adapter == adapter)
            {
                int inside = 0;
                foreach (OnnxGenerationSession member in members)
                {
                    inside += member.InPlace.Arena == batch.Arena ? 1 : 0;
                }

                int copies = batch.Arena.Count - inside + members.Length - inside;
                (best, fewest) = copies < fewest ? (batch, copies) : (best, fewest);
            }
        }

        if (best is null)
        {
            var arena = new CacheArena(_graph, _budget, _initialCapacity, MaxContextTokens);
            best = new BatchStep(_graph, Native, arena, adapter, VocabularySize);
            _batches.Add(best);
        }

        return best;
    }

    /// <summary>Sees to it that the members, and no others, lie in the first slots of the arena with room for one more token.</summary>
    private void Gather(CacheArena arena, OnnxGenerationSession[] members, List<Lock> gates)
    {
        int needed = 0;
        bool gathered = true;
        foreach (OnnxGenerationSession member in members)
        {
            needed = Math.Max(needed, member.Length + 1);
            gathered &= member.InPlace.Arena == arena && member.InPlace.Slot < members.Length;
        }

        if (gathered && needed <= arena.Capacity)
        {
            return;
        }

        Dictionary<InPlaceCache, OnnxGenerationSession> inside = EnterOccupants(arena, gates);
        foreach ((InPlaceCache cache, OnnxGenerationSession session) in inside)
        {
            if (Array.IndexOf(members, session) < 0)
            {
                cache.Leave(session.Computed);
            }
        }

        InPlaceCache[] staying = [.. members.Select(member => member.InPlace).Where(cache => cache.Arena == arena)];
        arena.Pack(staying, members.Length, cache => inside[cache].Computed);
        try
        {
            arena.EnsureRoom(members.Length, needed);
        }
        catch (Gemma4CacheFullException) when (_batches.Exists(other => other.Arena != arena && Shrink(other.Arena)))
        {
            arena.EnsureRoom(members.Length, needed);
        }

        foreach (OnnxGenerationSession member in members)
        {
            if (member.InPlace.Arena != arena)
            {
                member.InPlace.Enter(arena, arena.FreeSlot(), member.Computed);
            }
        }
    }

    private static bool Shrink(CacheArena arena)
    {
        var gates = new List<Lock>();
        try
        {
            Dictionary<InPlaceCache, OnnxGenerationSession> inside = EnterOccupants(arena, gates);
            return arena.Shrink(cache => inside[cache].Computed);
        }
        finally
        {
            gates.ForEach(gate => gate.Exit());
        }
    }

    /// <summary>Waits for the sessions in the arena, so that their rows can be moved.</summary>
    private static Dictionary<InPlaceCache, OnnxGenerationSession> EnterOccupants(CacheArena arena, List<Lock> gates)
    {
        foreach (InPlaceCache cache in arena.Occupants())
        {
            Enter(cache.Session, gates);
        }

        // Some may have left while the others were waited for.
        return arena.Occupants().ToDictionary(cache => cache, cache => cache.Session);
    }

    private static void Enter(OnnxGenerationSession session, List<Lock> gates)
    {
        session.Gate.Enter();
        gates.Add(session.Gate);
    }
}
