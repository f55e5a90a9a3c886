using System.Runtime.InteropServices;
using Gemma4.Generation;

namespace Gemma4.OnnxRuntime;

/// <summary>How a session is written down and read back.</summary>
internal partial class OnnxGenerationSession : IStorableSession
{
    public ReadOnlySpan<int> Tokens
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return CollectionsMarshal.AsSpan(_tokens);
        }
    }

    internal void Save(SavedSessionWriter writer, byte[] fingerprint)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            new SavedSession(Length, _computed, _cache.Start).Write(writer, _graph, fingerprint);
            writer.Write(MemoryMarshal.AsBytes(Tokens));
            for (int index = 0; _computed > 0 && index < _graph.Caches.Count; index++)
            {
                for (int head = 0; head < _graph.Caches[index].Heads; head++)
                {
                    writer.Write(_cache.HeldRows(index, head, _computed));
                }
            }

            writer.WriteChecksum();
        }
    }

    /// <summary>Fills a new session. The rows count once the checksum is right; before, the caller drops the session.</summary>
    internal void Restore(SavedSession saved, SavedSessionReader reader)
    {
        MakeRoom(saved);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            CollectionsMarshal.SetCount(_tokens, saved.Length);
            Span<int> tokens = CollectionsMarshal.AsSpan(_tokens);
            reader.Read(MemoryMarshal.AsBytes(tokens));
            for (int index = 0; saved.Computed > 0 && index < _graph.Caches.Count; index++)
            {
                for (int head = 0; head < _graph.Caches[index].Heads; head++)
                {
                    reader.Read(_cache.HeldRows(index, head, saved.Computed));
                }
            }

            reader.CheckChecksum();
            foreach (int token in tokens)
            {
                if ((uint)token >= (uint)_engine.VocabularySize)
                {
                    throw reader.Unfit("is damaged: it holds a token outside the vocabulary");
                }
            }

            (Length, _computed) = (saved.Length, saved.Computed);
        }
    }

    private void MakeRoom(SavedSession saved)
    {
        try
        {
            MakeRoomOnce(saved);
        }
        catch (Gemma4CacheFullException)
        {
            // No filter: that would run before the gate is free.
            if (!_engine.FreeSpareSlots())
            {
                throw;
            }

            MakeRoomOnce(saved);
        }
    }

    private void MakeRoomOnce(SavedSession saved)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _cache.MakeRoom(saved.Computed, saved.Start);
        }
    }
}
