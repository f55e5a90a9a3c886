using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Text that comes as a file or a data address: a model may read it like any other.</summary>
internal static class AttachedText
{
    private static readonly string[] TextTypes = ["application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript"];

    /// <summary>A data address as the data that it holds; anything else as it is, and null when it cannot be read.</summary>
    public static AIContent? Unwrap(AIContent content)
    {
        if (content is not UriContent { Uri.Scheme: "data" } address)
        {
            return content;
        }

        try
        {
            return new DataContent(address.Uri.OriginalString, address.MediaType) { AdditionalProperties = address.AdditionalProperties };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The text of a data content that is one.</summary>
    public static bool TryRead(AIContent? content, out string text)
    {
        text = "";
        if (content is not DataContent data || !IsText(data))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(data.Data.Span);
        return true;
    }

    private static bool IsText(DataContent data)
    {
        var type = data.MediaType.Split(';')[0].Trim();
        return data.HasTopLevelMediaType("text") || TextTypes.Contains(type, StringComparer.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase);
    }
}
