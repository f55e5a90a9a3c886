using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gemma4.Download.Tests;

/// <summary>A hub with one repository, owner/model, on two ports of this machine; the second plays the content network.</summary>
internal sealed class HubServer : IAsyncDisposable
{
    internal const string Repository = "owner/model";
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _tags = new();
    private int _random;

    private HubServer(WebApplication app) => _app = app;

    internal Uri Address { get; private set; } = null!;

    internal Uri Content { get; private set; } = null!;

    internal string Commit { get; set; } = new('a', 40);

    internal SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    internal ConcurrentQueue<HubRequest> Requests { get; } = new();

    /// <summary>Decides about each answer; the default does everything right.</summary>
    internal Func<HubRequest, HubFault> Fault { get; set; } = _ => HubFault.None;

    /// <summary>Answers instead of the hub when it returns true.</summary>
    internal Func<HttpContext, bool> Override { get; set; } = _ => false;

    internal Func<string, byte[], string>? Entry { get; set; }

    internal int PageSize { get; set; } = 1000;

    internal bool KnowsRevisions { get; set; } = true;

    internal TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int FileRequests => Requests.Count(request => request.IsFile);

    public async ValueTask DisposeAsync()
    {
        Release.TrySetResult();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    internal static async Task<HubServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        WebApplication app = builder.Build();
        HubServer server = new(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        Uri[] addresses = [.. app.Urls.Select(url => new Uri(url))];
        (server.Address, server.Content) = (addresses[0], addresses[1]);
        return server;
    }

    internal static byte[] Bytes(int size, int seed)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static string DefaultEntry(string path, byte[] content)
    {
        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content];
        string text = $$"""{"type":"file","path":{{JsonSerializer.Serialize(path)}},"size":{{content.Length}},"oid":"{{Convert.ToHexStringLower(SHA1.HashData(blob))}}" """;
        return content.Length < 1000
            ? text + "}"
            : text + $$""","lfs":{"oid":"{{Convert.ToHexStringLower(SHA256.HashData(content))}}","size":{{content.Length}},"pointerSize":130} """ + "}";
    }

    internal void MoveTag(string file) => _tags.AddOrUpdate(file, 1, (_, old) => old + 1);

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        HubRequest request = new(
            path,
            context.Connection.LocalPort,
            context.Request.Headers.Authorization.SingleOrDefault(),
            context.Request.Headers.Range.SingleOrDefault(),
            context.Request.Headers.IfRange.SingleOrDefault());
        Requests.Enqueue(request);
        if (Override(context))
        {
            await context.Response.CompleteAsync();
        }
        else if (path.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal) && KnowsRevisions)
        {
            await context.Response.WriteAsync($$"""{"id":"{{Repository}}","sha":"{{Commit}}"}""");
        }
        else if (path.StartsWith($"/api/models/{Repository}/tree/", StringComparison.Ordinal))
        {
            await ListAsync(context);
        }
        else if (request.IsFile && Files.TryGetValue(request.File, out byte[]? content))
        {
            await SendAsync(context, request, content, Fault(request));
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        int page = int.TryParse(context.Request.Query["cursor"], out int number) ? number : 0;
        var entries = Files.Skip(page * PageSize).Take(PageSize).Select(file => (Entry ?? DefaultEntry)(file.Key, file.Value));
        if ((page + 1) * PageSize < Files.Count)
        {
            context.Response.Headers.Link = $"<{Address}api/models/{Repository}/tree/{Commit}?recursive=true&cursor={page + 1}>; rel=\"next\"";
        }

        context.Response.Headers["X-Repo-Commit"] = Commit;
        await context.Response.WriteAsync($"[{string.Join(',', entries)}]");
    }

    private async Task SendAsync(HttpContext context, HubRequest request, byte[] content, HubFault fault)
    {
        HttpResponse response = context.Response;
        if (fault is HubFault.Redirect or HubFault.RedirectLoop && (fault is HubFault.RedirectLoop || request.Port == Address.Port))
        {
            response.StatusCode = 302;
            response.Headers.Location = new Uri(fault is HubFault.Redirect ? Content : Address, request.Path + "?signature=secret").ToString();
            return;
        }

        if (fault is HubFault.Busy or HubFault.TooManyRequests or HubFault.Broken)
        {
            response.StatusCode = fault is HubFault.Busy ? 503 : fault is HubFault.Broken ? 500 : 429;
            response.Headers.RetryAfter = fault is HubFault.Broken ? default : "7";
            return;
        }

        int version = fault is HubFault.ChangeTag ? _tags.AddOrUpdate(request.File, 1, (_, old) => old + 1) : _tags.GetOrAdd(request.File, 0);
        string tag = $"\"{request.File.Length}-{version}\"";
        int from = request.Range is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
        bool ranged = request.Range is not null && fault is not HubFault.IgnoreRange
            && (request.IfRange is null || request.IfRange == tag || fault is HubFault.IgnoreIfRange);
        from = ranged ? from : 0;
        if ((ranged && from >= content.Length) || fault is HubFault.RangeNotSatisfiable)
        {
            response.StatusCode = 416;
            return;
        }

        byte[] body = content[from..];
        int random = Math.Abs(Interlocked.Add(ref _random, 7919));
        if (ranged)
        {
            response.StatusCode = 206;
            body = fault is HubFault.PieceOnly ? body[..((body.Length + 1) / 2)] : body;
            int start = fault is HubFault.WrongRangeStart ? from - 1 : from;
            int total = fault is HubFault.WrongRangeTotal ? content.Length + 1 : content.Length;
            response.Headers.ContentRange = fault is HubFault.NoContentRange ? default : $"bytes {start}-{start + body.Length - 1}/{total}";
        }

        response.Headers.ETag = tag;
        switch (fault)
        {
            case HubFault.Cut:
                response.ContentLength = body.Length;
                await response.Body.WriteAsync(body.AsMemory(0, random % Math.Max(body.Length, 1)));
                await response.Body.FlushAsync();
                context.Abort();
                return;
            case HubFault.Truncate:
                body = body[..(random % Math.Max(body.Length, 1))];
                break;
            case HubFault.ShortLength:
                body = body[..(random % Math.Max(body.Length, 1))];
                response.ContentLength = body.Length;
                break;
            case HubFault.TooMany:
                body = [.. body, 1, 2, 3];
                break;
            case HubFault.Corrupt when body.Length > 0:
                body = [.. body];
                body[random % body.Length] ^= 0x40;
                response.ContentLength = body.Length;
                break;
            case HubFault.Compress:
                response.Headers.ContentEncoding = "gzip";
                break;
            case HubFault.Hang:
                await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
                await response.Body.FlushAsync();
                Hanging.TrySetResult();
                await Task.WhenAny(Release.Task, Task.Delay(Timeout.Infinite, context.RequestAborted));
                body = body[(body.Length / 2)..];
                break;
            default:
                response.ContentLength = body.Length;
                break;
        }

        await response.Body.WriteAsync(body);
    }
}
