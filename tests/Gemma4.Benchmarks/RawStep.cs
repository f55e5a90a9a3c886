using System.Diagnostics;
using Gemma4.OnnxRuntime;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.Benchmarks;

/// <summary>One step of some tokens after a number of others, bound once and run over and over: the native call and nothing else.</summary>
internal sealed class RawStep : IDisposable
{
    // Past the control tokens.
    private const int FirstToken = 300;

    private readonly InferenceSession _native;
    private readonly OrtIoBinding _binding;
    private readonly InPlaceCache _cache;
    private readonly StepInputs _inputs;
    private readonly StepLogits _logits;
    private readonly RunOptions _options = new();

    /// <param name="engine">A graph from ids that writes caches in place.</param>
    /// <param name="length">Tokens before the step; their rows are filled, since memory that was never written reads faster.</param>
    /// <param name="tokens">Tokens of the step.</param>
    /// <param name="isScored">Whether the last position is scored; otherwise nothing is, where the graph can do so.</param>
    public RawStep(OnnxGenerationEngine engine, int length, int tokens = 1, bool isScored = true)
    {
        _native = engine.Native;
        _binding = _native.CreateIoBinding();
        _cache = new InPlaceCache(engine.Graph, new CacheBudget(long.MaxValue), initialCapacity: 1, engine.MaxContextTokens);
        _cache.EnsureCapacity(length + tokens, held: 0);

        // As a session gets there: windows move on step by step.
        for (int held = 0; engine.Graph.Window is { } window && held < length; held += window.Slack)
        {
            _cache.Slide(held);
        }

        _cache.Slide(length);
        foreach ((int index, CacheTensor tensor) in engine.Graph.Caches.Index())
        {
            for (int head = 0; length > 0 && head < tensor.Heads; head++)
            {
                // A small number as a float, a middling one as a byte.
                _cache.HeldRows(index, head, length).Fill(0x3C);
            }
        }

        _cache.Bind(length, tokens, _binding);
        bool skips = !isScored && engine.Graph.SkipsUnscored;
        _inputs = new StepInputs(engine.Graph, embeddingGraph: null, _binding, embedding: null);
        _inputs.Bind([.. Enumerable.Range(FirstToken, tokens)], length, _cache.WindowRows(length), rows: skips ? 0 : 1, _cache.Capacity);
        _logits = new StepLogits(engine.Graph, engine.VocabularySize);
        if (skips)
        {
            _cache.BindUnchanged(isScored: false, _binding);
            _binding.BindOutputToDevice(engine.Graph.Logits, OrtMemoryInfo.DefaultInstance);
        }
        else
        {
            _binding.BindOutput(engine.Graph.Logits, _logits.Target(1));
        }
    }

    /// <summary>Milliseconds of one run.</summary>
    public double Run()
    {
        var watch = Stopwatch.StartNew();
        _native.RunWithBinding(_options, _binding);
        return watch.Elapsed.TotalMilliseconds;
    }

    public void Dispose()
    {
        _binding.Dispose();
        _inputs.Dispose();
        _logits.Dispose();
        _cache.Dispose();
        _options.Dispose();
    }
}
