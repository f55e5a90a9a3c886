using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Gemma4.Models.Download;

/// <summary>Talks to one hub: revisions, listings, files. Follows redirects itself so that the token stays at home.</summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10;
    private const int MaxPages = 1000;
    private const int MaxPageBytes = 64 << 20;
    private readonly DownloadSettings _settings;
    private readonly HttpClient _http;

    internal HubClient(DownloadSettings settings)
    {
        _settings = settings;
        _http = settings.HandlerFactory is { } factory
            ? new HttpClient(factory(), disposeHandler: false)
            : new HttpClient(OwnHandler(settings), disposeHandler: true);
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("gemma4", "0.1"));
    }

    public void Dispose() => _http.Dispose();

    internal static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    internal async Task<HubListing> ListAsync(ModelReference model, RetryPolicy retry, CancellationToken cancellationToken)
    {
        string? commit = model.IsCommit ? model.Revision : await ResolveAsync(model, retry, cancellationToken).ConfigureAwait(false);
        List<HubFile> files = [];
        HashSet<Uri> seen = [];
        Uri? page = Address($"/api/models/{model.Repository}/tree/{Uri.EscapeDataString(commit ?? model.Revision)}?recursive=true");
        while (page is not null)
        {
            if (!seen.Add(page) || seen.Count > MaxPages)
            {
                throw ListingReader.Refused(model.Repository, "its pages do not end");
            }

            Uri current = page;
            (IReadOnlyList<HubFile> entries, string? pageCommit, page) = await retry.RunAsync(
                $"The listing of '{model}'",
                () => PageAsync(current, model, cancellationToken),
                cancellationToken).ConfigureAwait(false);
            commit ??= pageCommit;
            if (commit is null || (pageCommit is not null && pageCommit != commit))
            {
                throw ListingReader.Refused(
                    model.Repository, commit is null ? "the server does not say to which commit it belongs" : "it changed while it was read; start the download again");
            }

            files.AddRange(entries);
        }

        return ListingPath.Collision(files.Select(file => file.Path)) is { } path
            ? throw ListingReader.Refused(model.Repository, $"'{path}' appears twice, as files or as file and folder")
            : new HubListing(commit!, files);
    }

    /// <summary>Asks for a file from an offset on; the caller judges the answer.</summary>
    internal Task<HttpResponseMessage> OpenAsync(
        ModelReference model, string commit, HubFile file, long offset, string? etag, CancellationToken cancellationToken)
    {
        string path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        return SendAsync(
            Address($"/{model.Repository}/resolve/{commit}/{path}"),
            headers =>
            {
                if (offset > 0)
                {
                    headers.Range = new RangeHeaderValue(offset, null);
                    if (etag is not null && EntityTagHeaderValue.TryParse(etag, out EntityTagHeaderValue? tag) && !tag.IsWeak)
                    {
                        headers.IfRange = new RangeConditionHeaderValue(tag);
                    }
                }
            },
            cancellationToken);
    }

    private static SocketsHttpHandler OwnHandler(DownloadSettings settings) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        MaxConnectionsPerServer = 16,
        Proxy = settings.Proxy is null ? null : new WebProxy(settings.Proxy),
        UseProxy = true,
    };

    /// <summary>The commit behind a branch or tag; null when the server has no such question, as simple mirrors.</summary>
    private Task<string?> ResolveAsync(ModelReference model, RetryPolicy retry, CancellationToken cancellationToken) => retry.RunAsync(
        $"The revision of '{model}'",
        async () =>
        {
            Uri address = Address($"/api/models/{model.Repository}/revision/{Uri.EscapeDataString(model.Revision)}");
            using HttpResponseMessage response = await SendAsync(address, null, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound && !response.Headers.Contains("X-Error-Code"))
            {
                return null;
            }

            if (!response.IsSuccessStatusCode)
            {
                throw HubFailure.From(response, "its revision", model, _settings);
            }

            byte[] json = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
            try
            {
                using JsonDocument document = JsonDocument.Parse(json);
                return document.RootElement.ValueKind == JsonValueKind.Object
                    && document.RootElement.TryGetProperty("sha", out JsonElement sha) && sha.ValueKind == JsonValueKind.String
                    && ModelReference.IsCommitId(sha.GetString()!)
                    ? sha.GetString()
                    : throw ListingReader.Refused(model.Repository, "the revision's answer names no commit");
            }
            catch (JsonException exception)
            {
                throw new TransferFault($"the answer is not valid JSON: {exception.Message}", exception);
            }
        },
        cancellationToken);

    private async Task<(IReadOnlyList<HubFile> Files, string? Commit, Uri? Next)> PageAsync(Uri page, ModelReference model, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(page, null, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw HubFailure.From(response, "its listing", model, _settings);
        }

        byte[] json = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<HubFile> files = ListingReader.Read(json, model.Repository);
        string? commit = response.Headers.TryGetValues("X-Repo-Commit", out IEnumerable<string>? values) ? values.First() : null;
        return (files, commit is not null && ModelReference.IsCommitId(commit) ? commit : null, Next(response, page, model));
    }

    private Uri? Next(HttpResponseMessage response, Uri page, ModelReference model)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
        {
            return null;
        }

        foreach (string link in links.SelectMany(line => line.Split(',')))
        {
            int end = link.IndexOf('>', StringComparison.Ordinal);
            if (link.TrimStart().StartsWith('<') && end > 0 && link[end..].Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase)
                && Uri.TryCreate(page, link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..end], out Uri? next))
            {
                return SameOrigin(next, _settings.Endpoint)
                    ? next
                    : throw ListingReader.Refused(model.Repository, $"its next page lies on another host ({next.Host})");
            }
        }

        return null;
    }

    private async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = new(_settings.Silence, _settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxPageBytes, both.Token).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsNetwork(exception, cancellationToken))
        {
            throw Network(exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, Action<HttpRequestHeaders>? headers, CancellationToken cancellationToken)
    {
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            // A compressed body has neither the listed size nor the listed hash.
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            headers?.Invoke(request.Headers);
            if (_settings.Token is { } token && SameOrigin(address, _settings.Endpoint))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            HttpResponseMessage response = await SendOnceAsync(request, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            Uri next = new(address, location);
            if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
            {
                throw new Gemma4DownloadException($"{address.Host} redirects to an address of the kind '{next.Scheme}', which is refused. Check the endpoint.");
            }

            address = next;
        }

        throw new TransferFault($"{address.Host} redirects more than {MaxRedirects} times.");
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = new(_settings.Silence, _settings.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsNetwork(exception, cancellationToken))
        {
            throw Network(exception);
        }
    }

    internal static bool IsNetwork(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    internal static TransferFault Network(Exception exception) => new(
        exception is OperationCanceledException ? "the connection stayed silent for too long." : Sentence(exception), exception);

    private static string Sentence(Exception exception) =>
        exception.InnerException is { } inner && !exception.Message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{exception.Message.TrimEnd('.')}: {inner.Message}"
            : exception.Message;

    private Uri Address(string pathAndQuery) => new(_settings.Endpoint.AbsoluteUri.TrimEnd('/') + pathAndQuery);
}
