using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>
/// A grammar on one vocabulary, with everything it has learned about masks so far. Shared by all responses under the
/// same constraint; a lock is held while one of them asks.
/// </summary>
internal sealed class CompiledGrammar
{
    private readonly GrammarNode _root;
    private readonly ConstraintVocabulary _vocabulary;
    private readonly int[] _stopTokens;
    private readonly Lock _lock = new();
    private readonly Expansion _expansion = new();
    private readonly MaskBuilder _masks;
    private readonly Queue<Configuration> _kept = new();
    private Configuration? _start;
    private long _maskBytes;

    /// <param name="root">A checked grammar; see <see cref="GrammarCheck"/>.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="stopTokens">Allowed exactly where the text may end.</param>
    /// <param name="warnings">What the grammar does not enforce.</param>
    public CompiledGrammar(GrammarNode root, ConstraintVocabulary vocabulary, int[] stopTokens, IReadOnlyList<string> warnings)
    {
        _root = root;
        _vocabulary = vocabulary;
        _stopTokens = stopTokens;
        Warnings = warnings;
        _masks = new MaskBuilder(vocabulary, stopTokens, _expansion);
    }

    public IReadOnlyList<string> Warnings { get; }

    public ConstraintVocabulary Vocabulary => _vocabulary;

    public ReadOnlySpan<int> StopTokens => _stopTokens;

    /// <summary>Masks asked for, and those of them that were not known yet.</summary>
    public (long Asked, long Built) MaskCounts { get; private set; }

    /// <summary>Bytes of kept masks, and how many frames and configurations are known.</summary>
    public (long MaskBytes, int Frames, int Configurations) Memory
    {
        get
        {
            lock (_lock)
            {
                return (_maskBytes, _expansion.FrameCount, _expansion.ConfigurationCount);
            }
        }
    }

    public GrammarMatcher Begin() => new(this);

    public Configuration Start()
    {
        lock (_lock)
        {
            return _start ??= _expansion.Start(_root);
        }
    }

    public Configuration Step(Configuration from, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (var value in bytes)
            {
                from = _expansion.Step(from, value);
                if (from.IsDead)
                {
                    break;
                }
            }

            ForgetIfMany();
            return from;
        }
    }

    public Configuration StepControl(Configuration from, int token)
    {
        lock (_lock)
        {
            return _expansion.StepControl(from, token);
        }
    }

    public TokenMask MaskOf(Configuration configuration)
    {
        lock (_lock)
        {
            var asked = _expansion.Abstract(configuration, _vocabulary.LongestToken);
            var (count, built) = MaskCounts;
            MaskCounts = (count + 1, built + (asked.Mask is null ? 1 : 0));
            if (asked.Mask is null)
            {
                asked.Mask = _masks.Build(asked);
                Keep(asked);
                ForgetIfMany();
            }

            asked.Mask.WasUsed = true;
            return asked.Mask;
        }
    }

    private void Keep(Configuration configuration)
    {
        _kept.Enqueue(configuration);
        _maskBytes += configuration.Mask!.Bytes;
        while (_maskBytes > ConstraintBudget.MaxMaskBytes && _kept.Count > 1)
        {
            // Second chance: what was used since its last turn goes to the back.
            var oldest = _kept.Dequeue();
            if (oldest.Mask!.WasUsed || ReferenceEquals(oldest, configuration))
            {
                oldest.Mask.WasUsed = false;
                _kept.Enqueue(oldest);
            }
            else
            {
                _maskBytes -= oldest.Mask.Bytes;
                oldest.Mask = null;
            }
        }
    }

    private void ForgetIfMany()
    {
        if (_expansion.FrameCount + _expansion.ConfigurationCount <= ConstraintBudget.MaxFrames)
        {
            return;
        }

        _expansion.Clear();
        _kept.Clear();
        _maskBytes = 0;
        _start = null;
    }
}
