using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gemma4.Web;

/// <summary>How JSON goes out: letters as they are, not as escapes that are there for JSON within HTML.</summary>
internal static class WireJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
