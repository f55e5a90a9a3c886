using Microsoft.ML.OnnxRuntime;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>Runs a built folder token by token with a cache that grows, the plainest way ONNX Runtime offers.</summary>
internal sealed class GraphRunner : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly string[] _pastNames;
    private readonly string[] _outputNames;
    private List<OrtValue> _past = [];
    private int _length;

    public GraphRunner(string directory)
    {
        OrtEnv.Instance().DisableTelemetryEvents();
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        _session = new InferenceSession(System.IO.Path.Combine(directory, "model.onnx"), options);
        _pastNames = [.. _session.InputMetadata.Keys.Where(n => n.StartsWith("past_", StringComparison.Ordinal))];
        _outputNames = ["logits", .. _pastNames.Select(n => n.Replace("past_key_values", "present"))];
        Reset();
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    public void Reset()
    {
        _length = 0;
        Replace([.. _pastNames.Select(name =>
        {
            var shape = _session.InputMetadata[name].Dimensions; // [batch, heads, past, headSize]
            return OrtValue.CreateAllocatedTensorValue(
                OrtAllocator.DefaultInstance, _session.InputMetadata[name].ElementDataType, [1, shape[1], 0, shape[3]]);
        })]);
    }

    /// <summary>Appends tokens and returns the logits after the last of them.</summary>
    public float[] Append(ReadOnlySpan<int> ids)
    {
        var tokens = new long[ids.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = ids[i];
        }

        _length += tokens.Length;
        var mask = new long[_length];
        Array.Fill(mask, 1);
        using var idValue = OrtValue.CreateTensorValueFromMemory(tokens, [1, tokens.Length]);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, [1, _length]);
        using var positions = OrtValue.CreateTensorValueFromMemory(
            Enumerable.Range(_length - tokens.Length, tokens.Length).Select(position => (long)position).ToArray(), [1, tokens.Length]);
        using var one = OrtValue.CreateTensorValueFromMemory(new long[] { 1 }, []);
        (string Name, OrtValue Value)[] inputs =
        [
            ("input_ids", idValue), ("attention_mask", maskValue), ("sliding_attention_mask", maskValue),
            ("position_ids", positions), ("num_logits_to_keep", one),
        ];
        inputs = [.. inputs.Where(input => _session.InputMetadata.ContainsKey(input.Name))];
        var results = _session.Run(
            _run, [.. inputs.Select(input => input.Name), .. _pastNames], [.. inputs.Select(input => input.Value), .. _past], _outputNames);
        using var logits = results[0];
        Replace([.. results.Skip(1)]);
        return logits.GetTensorDataAsSpan<float>().ToArray();
    }

    public List<int> Greedy(ReadOnlySpan<int> prompt, int count, params ReadOnlySpan<int> stop)
    {
        Reset();
        var logits = Append(prompt);
        var ids = new List<int>();
        while (true)
        {
            var best = Array.IndexOf(logits, logits.Max());
            ids.Add(best);
            if (ids.Count == count || stop.Contains(best))
            {
                return ids;
            }

            logits = Append([best]);
        }
    }

    public void Dispose()
    {
        Replace([]);
        _run.Dispose();
        _session.Dispose();
    }

    private void Replace(List<OrtValue> values)
    {
        foreach (var value in _past)
        {
            value.Dispose();
        }

        _past = values;
    }
}
