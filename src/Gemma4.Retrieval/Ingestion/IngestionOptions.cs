using Gemma4.Safety.Detection;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>How documents get into the store.</summary>
public sealed class IngestionOptions
{
    /// <summary>Texts embedded in one call; at least 1. Default 32.</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>
    /// Asked for every new chunk; false keeps it out of the store. See <see cref="RejectFindingsOf"/>. Null lets all in.
    /// </summary>
    public Func<DocumentChunk, bool>? Accept { get; set; }

    /// <summary>An <see cref="Accept"/> that keeps chunks out in which a detector finds something: hidden text, injected orders.</summary>
    /// <param name="detectors">For example <c>Detectors.PromptInjection()</c>.</param>
    public static Func<DocumentChunk, bool> RejectFindingsOf(params ITextDetector[] detectors)
    {
        ArgumentNullException.ThrowIfNull(detectors);
        return chunk =>
        {
            TextView text = new(chunk.Text);
            List<Finding> found = [];
            foreach (ITextDetector detector in detectors)
            {
                detector.Detect(text, found);
            }

            return found.Count == 0;
        };
    }
}
