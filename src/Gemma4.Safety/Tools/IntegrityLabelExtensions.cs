using Gemma4.Safety.Tools;

namespace Microsoft.Extensions.AI;

/// <summary>Labels on contents. A label on a content can only lower the trust that its place in the conversation gives it.</summary>
public static class IntegrityLabelExtensions
{
    private const string Key = "gemma4.integrity";

    /// <summary>Says where a content comes from; it keeps a label that is trusted less. Survives serialisation.</summary>
    /// <returns>The content.</returns>
    public static T WithIntegrity<T>(this T content, IntegrityLabel label)
        where T : AIContent
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.Integrity() < label)
        {
            content.AdditionalProperties = content.AdditionalProperties is { } properties ? new(properties) : [];
            content.AdditionalProperties[Key] = label.ToString();
        }

        return content;
    }

    /// <summary>Where a content comes from, as far as its label says; <see cref="IntegrityLabel.Application"/> without one.</summary>
    public static IntegrityLabel Integrity(this AIContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.AdditionalProperties?.TryGetValue(Key, out var value) != true || value is null)
        {
            return IntegrityLabel.Application;
        }

        // What cannot be read is not trusted.
        return Enum.TryParse<IntegrityLabel>(value.ToString(), out var label) && Enum.IsDefined(label) ? label : IntegrityLabel.Document;
    }
}
