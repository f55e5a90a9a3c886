namespace Gemma4.Testing;

/// <summary>Says what a session answers. Calls come in the order of the session's own.</summary>
internal abstract class SessionScript
{
    /// <summary>The id that follows the held tokens; the last <paramref name="added"/> of them are new.</summary>
    public abstract int Next(IReadOnlyList<int> tokens, int added);

    public virtual void LogitsRead()
    {
    }

    public virtual void Rewound()
    {
    }
}
