namespace Gemma4.Generation;

/// <summary>A session that can take tokens without scoring any: all pieces of a prompt but the last.</summary>
internal interface IPromptSession : IGenerationSession
{
    /// <summary>
    /// As <see cref="IGenerationSession.Append"/>, for tokens whose logits nobody reads; there may be none until the next
    /// append. What follows is the same to the bit.
    /// </summary>
    void AppendUnscored(ReadOnlySpan<int> tokens, CancellationToken cancellationToken);
}
