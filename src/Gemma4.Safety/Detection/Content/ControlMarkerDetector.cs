using System.Buffers;

namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds control tokens of Gemma's prompt formats spelled out in text, also with invisible characters in between or in full-width signs.</summary>
internal sealed class ControlMarkerDetector : ITextDetector
{
    private static readonly SearchValues<string> Markers = SearchValues.Create(
        [
            "<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|think|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>",
            "<|tool_response>", "<tool_response|>", "<|image>", "<image|>", "<|image|>", "<|audio>", "<audio|>", "<|audio|>", "<|video|>", "<|\"|>",
            "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<bos>", "<eos>", "<pad>", "<unk>", "<mask>", "<unused",
        ],
        StringComparison.OrdinalIgnoreCase);

    public string Id => "control-markers";

    public int? HoldBack => 64;

    public int LookBehind => 0;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var plain = text.Plain;
        var characters = plain.Text.AsSpan();
        for (var position = 0; position < characters.Length;)
        {
            var offset = characters[position..].IndexOfAny(Markers);
            if (offset < 0)
            {
                return;
            }

            var start = position + offset;
            var end = characters[start..Math.Min(characters.Length, start + 24)].IndexOf('>');
            if (end > 0)
            {
                var (first, length) = plain.ToOriginal(start, end + 1);
                found.Add(new Finding("control-markers/gemma", RiskCategory.ControlMarker, "CONTROL_MARKER", first, length, 1));
            }

            position = start + 1;
        }
    }

    public int SettledLength(TextView text)
    {
        var plain = text.Plain;
        var open = plain.Text.AsSpan(Math.Max(0, plain.Text.Length - 24)).IndexOf('<');
        return open < 0 ? text.Text.Length : plain.OriginalStart(Math.Max(0, plain.Text.Length - 24) + open);
    }
}
