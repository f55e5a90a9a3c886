using Gemma4.Generation;

namespace Gemma4.Tests.Client;

/// <summary>The worst model there can be: every logit is drawn anew at every position, so anything allowed comes.</summary>
internal sealed class RandomEngine(int vocabularySize, int maxContextTokens, int seed) : IGenerationEngine
{
    private int _sessions;

    public int VocabularySize => vocabularySize;

    public int MaxContextTokens => maxContextTokens;

    public IGenerationSession CreateSession() => new Session(vocabularySize, new Random((seed * 10_000) + _sessions++));

    public void Dispose()
    {
    }

    private sealed class Session(int size, Random random) : IGenerationSession
    {
        private readonly float[] _logits = new float[size];

        public int Length { get; private set; }

        public ReadOnlySpan<float> Logits => _logits;

        public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Length += tokens.Length;
            for (int i = 0; i < _logits.Length; i++)
            {
                _logits[i] = (random.NextSingle() * 8) - 4;
            }
        }

        public void RewindTo(int length) => Length = length;

        public void Dispose()
        {
        }
    }
}
