using System.Text.Json;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>A schema and where it stands. The pointer is its identity.</summary>
/// <param name="Pointer">The JSON pointer from the root, in its one canonical spelling.</param>
/// <param name="Element">The schema itself.</param>
/// <param name="IsFollowed">Its references and branches are spread out already; only its own keywords count.</param>
internal sealed record SchemaPlace(string Pointer, JsonElement Element, bool IsFollowed = false)
{
    public string Key => IsFollowed ? Pointer + " only" : Pointer;

    public SchemaPlace Child(string keyword, JsonElement element) => new($"{Pointer}/{Escape(keyword)}", element);

    public SchemaPlace Child(string keyword, string name, JsonElement element) =>
        new($"{Pointer}/{Escape(keyword)}/{Escape(name)}", element);

    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>Follows a reference within the document; null when it leads nowhere.</summary>
    public static SchemaPlace? Resolve(JsonElement root, string reference)
    {
        if (reference is not ['#', ..])
        {
            return null;
        }

        var place = new SchemaPlace("#", root);
        if (reference.Length == 1)
        {
            return place;
        }

        if (reference[1] != '/')
        {
            return null;
        }

        foreach (var part in Uri.UnescapeDataString(reference[2..]).Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var element = place.Element;
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member))
            {
                place = place.Child(name, member);
            }
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index)
                && index >= 0 && index < element.GetArrayLength())
            {
                place = place.Child(name, element[index]);
            }
            else
            {
                return null;
            }
        }

        return place;
    }
}
