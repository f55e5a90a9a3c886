using Gemma4.Generation;
using Gemma4.Testing;

namespace Gemma4.Tests.Testing;

/// <summary>A scripted engine with one fault, to show that the conformance suite notices it.</summary>
internal sealed class FaultyEngine(string fault) : IGenerationEngine
{
    private readonly ScriptedEngine _engine =
        new(100, 64, tokens => tokens.Aggregate(17, (hash, token) => ((hash * 31) + token) % 100));

    private int _sessions;

    public int VocabularySize => _engine.VocabularySize;

    public int MaxContextTokens => _engine.MaxContextTokens;

    public IGenerationSession CreateSession() => new Session(_engine.CreateSession(), fault, _sessions++);

    public void Dispose()
    {
        if (fault != "engine stays open")
        {
            _engine.Dispose();
        }
    }

    private sealed class Session(IGenerationSession inner, string fault, int number) : IGenerationSession
    {
        private float[] _last = new float[100];

        public int Length => fault == "length is off by one" ? inner.Length + 1 : inner.Length;

        public ReadOnlySpan<float> Logits
        {
            get
            {
                if (fault == "logits always readable")
                {
                    return _last;
                }

                var logits = inner.Logits.ToArray();
                logits[0] += fault == "sessions differ by a bit" ? number * 1e-5f : 0;
                return fault == "a logit is missing" ? logits.AsSpan(1) : logits;
            }
        }

        public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
        {
            if (tokens.IsEmpty && fault == "empty append accepted")
            {
                return;
            }

            if (fault == "foreign tokens accepted")
            {
                inner.Append([.. tokens.ToArray().Select(id => Math.Clamp(id, 0, 99))], cancellationToken);
                return;
            }

            inner.Append(tokens, fault == "cancellation ignored" ? CancellationToken.None : cancellationToken);
            _last = inner.Logits.ToArray();
        }

        public void RewindTo(int length)
        {
            if (fault == "rewind clamps")
            {
                length = Math.Clamp(length, 0, inner.Length);
            }

            inner.RewindTo(length);
        }

        public void Dispose()
        {
            if (fault != "session stays open")
            {
                inner.Dispose();
            }
        }
    }
}
