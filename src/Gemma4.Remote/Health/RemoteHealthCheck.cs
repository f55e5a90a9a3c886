using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Gemma4.Remote.Health;

/// <summary>
/// Asks every endpoint for its list of models. Healthy when all list the model, degraded when some do, else unhealthy.
/// </summary>
internal sealed class RemoteHealthCheck(IOptionsMonitor<Gemma4RemoteOptions> options, string optionsName) : IHealthCheck, IDisposable
{
    private readonly HttpClient _http = new(options.Get(optionsName).HandlerFactory?.Invoke() ?? new SocketsHttpHandler());

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Gemma4RemoteOptions remote = options.Get(optionsName);
        string?[] problems = await Task.WhenAll(remote.Endpoints.Select(endpoint => ProblemOfAsync(endpoint, endpoint.Model ?? remote.Model!, cancellationToken))).ConfigureAwait(false);
        string[] found = [.. problems.OfType<string>()];
        return found.Length == 0 ? HealthCheckResult.Healthy($"{problems.Length} endpoint(s) serve the model.")
            : found.Length < problems.Length ? HealthCheckResult.Degraded(string.Join(" ", found))
            : new HealthCheckResult(context.Registration.FailureStatus, string.Join(" ", found));
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> ProblemOfAsync(Gemma4RemoteEndpoint endpoint, string model, CancellationToken cancellationToken)
    {
        string url = endpoint.Url!.AbsoluteUri.TrimEnd('/') + "/models";
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, url);
            string? key = endpoint.ApiKeyProvider is { } provider ? await provider(cancellationToken).ConfigureAwait(false) : endpoint.ApiKey;
            request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                return $"{url} answered with status {(int)response.StatusCode}.";
            }

            using JsonDocument list = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
            return list.RootElement.GetProperty("data").EnumerateArray().Any(entry => entry.GetProperty("id").GetString() == model)
                ? null
                : $"{url} does not list '{model}'.";
        }
        catch (HttpRequestException failure)
        {
            return $"{url} cannot be reached: {failure.Message}";
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"{url} sent no list of models.";
        }
    }
}
