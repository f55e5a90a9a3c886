using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gemma4;

/// <summary>
/// Names under which the engine reports: give <see cref="SourceName"/> to <c>AddSource</c> and <c>AddMeter</c> of
/// OpenTelemetry. The spans stand below those of <c>UseOpenTelemetry()</c>, which follow the conventions for generative
/// models; these say where the time went. No text of messages is in either.
/// </summary>
public static class Gemma4Telemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string SourceName = "Gemma4";

    internal static readonly ActivitySource Source = new(SourceName);

    internal static readonly Meter Meter = new(SourceName);
}
