using System.Text.Json;

namespace Gemma4.Web.OpenAI;

/// <summary>
/// One object of a request, which knows what was read of it: what is left over at the end is named in an error instead of
/// being ignored. Null counts as absent, as in OpenAI's API.
/// </summary>
internal sealed class RequestObject
{
    private readonly JsonElement _object;
    private readonly string _path;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    public RequestObject(JsonElement element, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Invalid(path.Length == 0 ? "body" : path, "it must be an object.");
        }

        _object = element;
        _path = path;
    }

    /// <summary>Where a member is, from the top of the request.</summary>
    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public JsonElement? Member(string name)
    {
        _read.Add(name);
        return _object.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? Text(string name) => Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw ApiException.Invalid(PathOf(name), "it must be a string.");

    public string RequiredText(string name) => Text(name) ?? throw ApiException.Missing(PathOf(name));

    public bool? Flag(string name) => Member(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw ApiException.Invalid(PathOf(name), "it must be true or false.");

    public int? Integer(string name, int least) => Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least ? number
        : throw ApiException.Invalid(PathOf(name), $"it must be a whole number of at least {least}.");

    public long? Long(string name) => Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number
        : throw ApiException.Invalid(PathOf(name), "it must be a whole number.");

    public float? Number(string name, float least, float most) => Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number >= least && number <= most ? number
        : throw ApiException.Invalid(PathOf(name), FormattableString.Invariant($"it must be a number from {least} to {most}."));

    public RequestObject RequiredObject(string name) => Object(name) ?? throw ApiException.Missing(PathOf(name));

    public RequestObject? Object(string name) => Member(name) is { } value ? new RequestObject(value, PathOf(name)) : null;

    /// <summary>The members of an array, each with its place.</summary>
    public IEnumerable<(JsonElement Value, string Path)>? List(string name) => Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select((item, index) => (item, $"{PathOf(name)}[{index}]"))
        : throw ApiException.Invalid(PathOf(name), "it must be an array.");

    /// <summary>Refuses a member unless it has the value that means what the server does anyway.</summary>
    public void Only(string name, Func<JsonElement, bool> isHarmless, string wayOut)
    {
        if (Member(name) is { } value && !isHarmless(value))
        {
            throw ApiException.Unsupported(PathOf(name), wayOut);
        }
    }

    /// <summary>Names the first member that nobody has read.</summary>
    public void RefuseTheRest()
    {
        foreach (JsonProperty member in _object.EnumerateObject())
        {
            if (!_read.Contains(member.Name) && member.Value.ValueKind != JsonValueKind.Null)
            {
                throw ApiException.Unsupported(PathOf(member.Name));
            }
        }
    }
}
