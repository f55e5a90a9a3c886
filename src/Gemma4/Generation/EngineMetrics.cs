using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Gemma4.Generation;

/// <summary>
/// The meter's instruments, with the name of one model on every measurement. What a listener throws is logged once and
/// goes no further: it would come out in the middle of a request's way, and a place or a session would stay taken.
/// </summary>
internal sealed class EngineMetrics(string modelId, ILogger logger)
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
    private int _hasFailed;

    public void Queued() => Add(QueuedRequests, 1);

    public void LeftQueue() => Add(QueuedRequests, -1);

    public void Rejected() => Add(RejectedRequests, 1);

    public void Started(TimeSpan waited)
    {
        Add(RunningRequests, 1);
        Record(QueueWait, waited.TotalSeconds);
    }

    public void Prefilled(int promptTokens, int cachedTokens, TimeSpan time)
    {
        Add(PromptTokens, promptTokens);
        Add(CachedTokens, cachedTokens);
        Record(PrefillTime, time.TotalSeconds);
    }

    public void Stepped(int responses) => Record(BatchSize, responses);

    public void Drafted(int drafted, int accepted)
    {
        Add(DraftedTokens, drafted);
        Add(AcceptedTokens, accepted);
    }

    public void Kept(long changeOfBytes) => Add(KeptBytes, changeOfBytes);

    /// <summary>A request has ended in whatever way.</summary>
    public void Ended() => Add(RunningRequests, -1);

    public void Decoded(int tokens, TimeSpan time)
    {
        Add(OutputTokens, tokens);
        Record(DecodeTime, time.TotalSeconds);
        if (time > TimeSpan.Zero)
        {
            Record(DecodeRate, tokens / time.TotalSeconds);
        }
    }

    private void Add<T>(Counter<T> counter, T value)
        where T : struct => Measure(counter, value, static (counter, value, model) => counter.Add(value, model));

    private void Add<T>(UpDownCounter<T> counter, T value)
        where T : struct => Measure(counter, value, static (counter, value, model) => counter.Add(value, model));

    private void Record<T>(Histogram<T> histogram, T value)
        where T : struct => Measure(histogram, value, static (histogram, value, model) => histogram.Record(value, model));

    private void Measure<TInstrument, T>(TInstrument instrument, T value, Action<TInstrument, T, KeyValuePair<string, object?>> measure)
    {
        try
        {
            measure(instrument, value, _model);
        }
        catch (Exception exception)
        {
            if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
            {
                Gemma4Log.ListenerFailed(logger, exception);
            }
        }
    }
}
