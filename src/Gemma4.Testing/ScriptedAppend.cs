namespace Gemma4.Testing;

/// <summary>One append to a <see cref="ScriptedEngine"/> session, as its hook sees it before it takes effect.</summary>
/// <param name="Tokens">The tokens to append, at least one.</param>
/// <param name="LengthBefore">Number of tokens that the session holds already.</param>
/// <param name="CancellationToken">The caller's token; it is checked again after the hook.</param>
public sealed record ScriptedAppend(IReadOnlyList<int> Tokens, int LengthBefore, CancellationToken CancellationToken);
