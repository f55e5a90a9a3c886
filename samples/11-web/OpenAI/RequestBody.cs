using System.Text.Json;

namespace Gemma4.Web.OpenAI;

/// <summary>
/// The JSON body of a request. The content type is insisted on: a form of some web page cannot send it without being
/// asked by the browser, and this server says no.
/// </summary>
internal static class RequestBody
{
    public static Task<JsonDocument> ReadAsync(HttpContext context) => context.Request.HasJsonContentType()
        ? JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted)
        : throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", null, "Send the body as 'Content-Type: application/json'.");
}
