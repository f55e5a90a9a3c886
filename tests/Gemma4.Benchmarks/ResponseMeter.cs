using System.Diagnostics.Metrics;

namespace Gemma4.Benchmarks;

/// <summary>Adds up what the engine's meter says of the requests that run while it is on.</summary>
internal sealed class ResponseMeter : IDisposable
{
    private readonly MeterListener _listener = new();

    public ResponseMeter(bool isOn)
    {
        IsOn = isOn;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Gemma4Telemetry.SourceName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => Steps += IsOn && instrument.Name == "gemma4.batch.size" ? 1 : 0);
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Seconds += IsOn && instrument.Name == "gemma4.decode.duration" ? value : 0);
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            Tokens += IsOn && instrument.Name == "gemma4.tokens.output" ? value : 0;
            Drafted += IsOn && instrument.Name == "gemma4.speculation.drafted" ? value : 0;
            Accepted += IsOn && instrument.Name == "gemma4.speculation.accepted" ? value : 0;
        });
        _listener.Start();
    }

    public bool IsOn { get; set; }

    /// <summary>Steps of the model.</summary>
    public long Steps { get; private set; }

    public long Tokens { get; private set; }

    public long Drafted { get; private set; }

    public long Accepted { get; private set; }

    /// <summary>From the read prompt to the end of the response.</summary>
    public double Seconds { get; private set; }

    public void Dispose() => _listener.Dispose();
}
