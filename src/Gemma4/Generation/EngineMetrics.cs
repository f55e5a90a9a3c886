using System.Diagnostics.Metrics;

namespace Gemma4.Generation;

/// <summary>The meter's instruments, with the name of one model on every measurement.</summary>
internal sealed class EngineMetrics(string modelId)
{
    private static readonly UpDownCounter<int> QueuedRequests = Gemma4Telemetry.Meter.CreateUpDownCounter<int>("gemma4.requests.queued", "{request}", "Requests that wait.");
    private static readonly UpDownCounter<int> RunningRequests = Gemma4Telemetry.Meter.CreateUpDownCounter<int>("gemma4.requests.running", "{request}", "Requests that run.");
    private static readonly Counter<long> RejectedRequests = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.requests.rejected", "{request}", "Requests refused because the queue was full or the wait too long.");
    private static readonly Histogram<double> QueueWait = Gemma4Telemetry.Meter.CreateHistogram<double>("gemma4.queue.wait", "s", "Time from the request to its start.");
    private static readonly Histogram<double> PrefillTime = Gemma4Telemetry.Meter.CreateHistogram<double>("gemma4.prefill.duration", "s", "Time from the start to the whole prompt being read.");
    private static readonly Histogram<double> DecodeTime = Gemma4Telemetry.Meter.CreateHistogram<double>("gemma4.decode.duration", "s", "Time from the prompt being read to the end of the response.");
    private static readonly Histogram<double> DecodeRate = Gemma4Telemetry.Meter.CreateHistogram<double>("gemma4.decode.rate", "{token}/s", "Output tokens per second of one response.");
    private static readonly Counter<long> PromptTokens = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.tokens.prompt", "{token}", "Prompt tokens, those included that were not read again.");
    private static readonly Counter<long> CachedTokens = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.tokens.cached", "{token}", "Prompt tokens that were not read again.");
    private static readonly Counter<long> OutputTokens = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.tokens.output", "{token}", "Tokens generated.");
    private static readonly Histogram<int> BatchSize = Gemma4Telemetry.Meter.CreateHistogram<int>("gemma4.batch.size", "{request}", "Responses advanced by one step of the engine.");
    private static readonly UpDownCounter<long> KeptBytes = Gemma4Telemetry.Meter.CreateUpDownCounter<long>("gemma4.prefix_cache.bytes", "By", "Attention cache kept between requests.");
    private static readonly Counter<long> DraftedTokens = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.speculation.drafted", "{token}", "Tokens guessed.");
    private static readonly Counter<long> AcceptedTokens = Gemma4Telemetry.Meter.CreateCounter<long>("gemma4.speculation.accepted", "{token}", "Guessed tokens that the model agreed with.");

    private readonly KeyValuePair<string, object?> _model = new("gen_ai.request.model", modelId);

    public void Queued() => QueuedRequests.Add(1, _model);

    public void LeftQueue() => QueuedRequests.Add(-1, _model);

    public void Rejected() => RejectedRequests.Add(1, _model);

    public void Started(TimeSpan waited)
    {
        RunningRequests.Add(1, _model);
        QueueWait.Record(waited.TotalSeconds, _model);
    }

    public void Prefilled(int promptTokens, int cachedTokens, TimeSpan time)
    {
        PromptTokens.Add(promptTokens, _model);
        CachedTokens.Add(cachedTokens, _model);
        PrefillTime.Record(time.TotalSeconds, _model);
    }

    public void Stepped(int responses) => BatchSize.Record(responses, _model);

    public void Drafted(int drafted, int accepted)
    {
        DraftedTokens.Add(drafted, _model);
        AcceptedTokens.Add(accepted, _model);
    }

    public void Kept(long changeOfBytes) => KeptBytes.Add(changeOfBytes, _model);

    /// <summary>A request has ended in whatever way.</summary>
    public void Ended() => RunningRequests.Add(-1, _model);

    /// <summary>The same after a failure that a listener of these instruments may be to blame for.</summary>
    public void EndedByFailure()
    {
        try
        {
            Ended();
        }
        catch (Exception)
        {
            // It has failed the requests already; the others still have to be ended.
        }
    }

    public void Decoded(int tokens, TimeSpan time)
    {
        OutputTokens.Add(tokens, _model);
        DecodeTime.Record(time.TotalSeconds, _model);
        if (time > TimeSpan.Zero)
        {
            DecodeRate.Record(tokens / time.TotalSeconds, _model);
        }
    }
}
