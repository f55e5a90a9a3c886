using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gemma4.Remote.Tests;

/// <summary>A server on loopback that answers each request as the next entry of a script says; the last one is repeated.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private Func<HttpContext, Task> _current = context => { context.Response.StatusCode = 404; return Task.CompletedTask; };

    private FakeServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single() + "/v1");

    public ConcurrentQueue<(string Path, string? Authorization, JsonElement Body)> Requests { get; } = new();

    public static async Task<FakeServer> StartAsync(params Func<HttpContext, Task>[] script)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        FakeServer server = new(builder.Build());
        foreach (Func<HttpContext, Task> entry in script)
        {
            server._script.Enqueue(entry);
        }

        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        Requests.Enqueue((context.Request.Path, context.Request.Headers.Authorization, body.Length > 0 ? JsonElement.Parse(body) : default));
        if (_script.TryDequeue(out Func<HttpContext, Task>? next))
        {
            _current = next;
        }

        await _current(context);
    }

    public static Func<HttpContext, Task> Status(int status, string? body = null, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        foreach ((string name, string value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        await context.Response.WriteAsync(body ?? $$$"""{"error":{"message":"status {{{status}}}","type":"test","code":null}}""");
    };

    public static Func<HttpContext, Task> Error(int status, string code, string message) =>
        Status(status, $$$"""{"error":{"message":"{{{message}}}","type":"invalid_request_error","code":"{{{code}}}"}}""");

    /// <summary>A whole answer: role, pieces of text, finish reason, usage.</summary>
    public static Func<HttpContext, Task> Answer(params string[] pieces) => async context =>
    {
        await OpenAsync(context);
        foreach (string piece in pieces)
        {
            await DeltaAsync(context, $$"""{"content":{{JsonSerializer.Serialize(piece)}}}""");
        }

        await FinishAsync(context, "stop");
    };

    /// <summary>Some deltas, written as JSON, and a finish reason.</summary>
    public static Func<HttpContext, Task> Deltas(string finish, params string[] deltas) => async context =>
    {
        await OpenAsync(context);
        foreach (string delta in deltas)
        {
            await DeltaAsync(context, delta);
        }

        await FinishAsync(context, finish);
    };

    /// <summary>
    /// Pieces of text and then a connection that breaks, once the test says that the text was read: a reset connection
    /// takes unread text with it.
    /// </summary>
    public static Func<HttpContext, Task> BreakAfter(Task read, params string[] pieces) => async context =>
    {
        await OpenAsync(context);
        foreach (string piece in pieces)
        {
            await DeltaAsync(context, $$"""{"content":{{JsonSerializer.Serialize(piece)}}}""");
        }

        await read;
        context.Abort();
    };

    /// <summary>An event stream of exactly this text.</summary>
    public static Func<HttpContext, Task> Raw(string text, string contentType = "text/event-stream") => async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(text);
    };

    /// <summary>The opening event, then nothing until the client goes away; the signals say when it came and went.</summary>
    public static Func<HttpContext, Task> Silence(TaskCompletionSource arrived, TaskCompletionSource? left = null, params string[] pieces) => async context =>
    {
        await OpenAsync(context);
        foreach (string piece in pieces)
        {
            await DeltaAsync(context, $$"""{"content":{{JsonSerializer.Serialize(piece)}}}""");
        }

        context.RequestAborted.Register(() => left?.TrySetResult());
        arrived.TrySetResult();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    };

    private static async Task OpenAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        await DeltaAsync(context, """{"role":"assistant","content":""}""");
    }

    private static Task DeltaAsync(HttpContext context, string delta, string finish = "null") =>
        EventAsync(context, $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"served","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""");

    private static async Task FinishAsync(HttpContext context, string finish)
    {
        await DeltaAsync(context, "{}", $"\"{finish}\"");
        await EventAsync(context, """{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"served","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}""");
        await context.Response.WriteAsync("data: [DONE]\n\n");
    }

    private static async Task EventAsync(HttpContext context, string json)
    {
        await context.Response.WriteAsync($"data: {json}\n\n", Encoding.UTF8);
        await context.Response.Body.FlushAsync();
    }
}
