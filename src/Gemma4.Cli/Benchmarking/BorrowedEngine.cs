using Gemma4.Generation;

namespace Gemma4.Cli.Benchmarking;

/// <summary>An engine that several clients use one after the other: disposing it leaves the model loaded.</summary>
internal sealed class BorrowedEngine(IGenerationEngine engine) : IBatchEngine
{
    public int VocabularySize => engine.VocabularySize;

    public int MaxContextTokens => engine.MaxContextTokens;

    public int MaxBatchSize => (engine as IBatchEngine)?.MaxBatchSize ?? 1;

    public IGenerationSession CreateSession() => engine.CreateSession();

    public void AppendEach(ReadOnlySpan<IGenerationSession> sessions, ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default) =>
        ((IBatchEngine)engine).AppendEach(sessions, tokens, cancellationToken);

    public void Dispose()
    {
    }
}
