using System.Security.Cryptography;
using System.Text;
using Gemma4.Web.OpenAI;

namespace Gemma4.Web.Access;

/// <summary>Asks for the API key, if there is one, everywhere but at the page's own files and the health check.</summary>
internal sealed class ApiKeyMiddleware(RequestDelegate next, ServerOptions options)
{
    private const string Scheme = "Bearer ";

    // Compared as hashes: of equal length, and in a time that tells nothing about the key.
    private readonly byte[]? _expected = options.ApiKey is { } key ? SHA256.HashData(Encoding.UTF8.GetBytes(key)) : null;

    public Task InvokeAsync(HttpContext context)
    {
        if (_expected is null || !IsGuarded(context.Request.Path))
        {
            return next(context);
        }

        string? header = context.Request.Headers.Authorization;
        string given = header?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true ? header[Scheme.Length..].Trim() : "";
        if (CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), _expected))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        throw new ApiException(StatusCodes.Status401Unauthorized, "invalid_api_key", null, "The API key is missing or wrong. Send it as 'Authorization: Bearer KEY'.");
    }

    private static bool IsGuarded(PathString path) =>
        path.StartsWithSegments("/v1") || path.StartsWithSegments("/chat") || path.StartsWithSegments("/metrics");
}
