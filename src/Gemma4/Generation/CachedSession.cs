using System.Runtime.InteropServices;

namespace Gemma4.Generation;

/// <summary>A session together with the tokens it holds.</summary>
internal sealed class CachedSession(IGenerationSession session, string? adapterFile) : IDisposable
{
    private readonly List<int> _tokens = [];

    public IGenerationSession Session => session;

    public string? AdapterFile => adapterFile;

    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Bytes of attention cache; 0 where the engine does not tell.</summary>
    public long CacheBytes => session is IForkableSession forkable ? forkable.CacheBytes : 0;

    /// <summary>Tokens that the prompt shares with the session and that the session can go back to; 0 for none.</summary>
    public int SharedWith(ReadOnlySpan<int> prompt)
    {
        // One token has to be read again: its logits are what the answer begins with.
        int shared = Math.Min(Tokens.CommonPrefixLength(prompt), prompt.Length - 1);
        return session is IForkableSession forkable && shared < forkable.EarliestRewind ? 0 : shared;
    }

    /// <summary>Appends, and scores the last <paramref name="rows"/> positions; 0 where nobody reads the logits.</summary>
    public void Append(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken)
    {
        switch (rows)
        {
            case 0 when session is IPromptSession prompt:
                prompt.AppendUnscored(tokens, cancellationToken);
                break;
            case 0 or 1:
                session.Append(tokens, cancellationToken);
                break;
            default:
                ((IDraftSession)session).Append(tokens, rows, cancellationToken);
                break;
        }

        _tokens.AddRange(tokens);
    }

    /// <summary>Notes a token that a step for several sessions has appended.</summary>
    public void Note(int token) => _tokens.Add(token);

    /// <summary>Notes tokens that the session held when it was opened.</summary>
    public void Note(ReadOnlySpan<int> tokens) => _tokens.AddRange(tokens);

    public void RewindTo(int length)
    {
        if (length < session.Length)
        {
            session.RewindTo(length);
            _tokens.RemoveRange(length, _tokens.Count - length);
        }
    }

    /// <summary>A session of its own that holds the first <paramref name="length"/> tokens.</summary>
    public CachedSession Fork(int length)
    {
        CachedSession fork = new(((IForkableSession)session).Fork(length), adapterFile);
        fork._tokens.AddRange(Tokens[..length]);
        return fork;
    }

    public void Dispose() => session.Dispose();
}
