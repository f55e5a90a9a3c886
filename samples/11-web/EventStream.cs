using System.Text.Json.Nodes;

namespace Gemma4.Web;

/// <summary>Server-sent events, each sent at once.</summary>
internal sealed class EventStream
{
    private readonly HttpResponse _response;

    private EventStream(HttpResponse response) => _response = response;

    /// <summary>Begins the answer: from here on an error can only be an event.</summary>
    public static EventStream Open(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";

        // Proxies such as nginx collect answers otherwise.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return new EventStream(context.Response);
    }

    public Task SendAsync(JsonObject data) => SendAsync(data.ToJsonString(WireJson.Options));

    public async Task SendAsync(string data)
    {
        await _response.WriteAsync($"data: {data}\n\n", _response.HttpContext.RequestAborted);
        await _response.Body.FlushAsync(_response.HttpContext.RequestAborted);
    }
}
