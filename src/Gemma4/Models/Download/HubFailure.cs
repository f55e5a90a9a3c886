using System.Net;
using System.Net.Http.Headers;

namespace Gemma4.Models.Download;

/// <summary>Turns a hub's refusal into an error with the way out, or into a fault that another attempt may cure.</summary>
internal static class HubFailure
{
    internal static Exception From(HttpResponseMessage response, string what, ModelReference model, DownloadSettings settings)
    {
        HttpStatusCode status = response.StatusCode;
        Uri? answered = response.RequestMessage?.RequestUri;
        bool ownHost = answered is null || HubClient.SameOrigin(answered, settings.Endpoint);
        if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500 || !ownHost)
        {
            // Addresses on other hosts are signed for a short time: their refusal ends with a new one.
            return new TransferFault($"{answered?.Host} answers {(int)status}.")
            {
                StatusCode = status,
                RetryAfter = RetryAfter(response.Headers.RetryAfter, settings.Time),
            };
        }

        string page = new Uri(settings.Endpoint, "/" + model.Repository).ToString();
        string signIn = settings.Token is null
            ? "Set the environment variable HF_TOKEN (or ModelDownloadOptions.Token) to a token of an account that may read it"
            : "The token that was sent may not read it: take one of an account that may";
        string message = Code(response) switch
        {
            "GatedRepo" => $"'{model.Repository}' is gated. Accept its licence at {page}. {signIn}.",
            "RevisionNotFound" => $"'{model.Repository}' has no revision '{model.Revision}'. Take one of {page}/tree/main.",
            "EntryNotFound" => $"{what} is not in '{model}' any more. Start the download again.",
            _ => status switch
            {
                HttpStatusCode.Unauthorized => $"'{model.Repository}' does not exist or needs a sign-in ({(int)status}). Check the name at {page}. {signIn}.",
                HttpStatusCode.Forbidden => $"'{model.Repository}' is not open to this account ({(int)status}). Accept its licence at {page}, where it has one. {signIn}.",
                HttpStatusCode.NotFound => $"'{model}' does not exist at {settings.Endpoint.Host}: {what} was not found ({(int)status}). Check the name and the revision at {page}.",
                _ => $"{answered?.Host} refuses {what} with {(int)status}. Check the endpoint {settings.Endpoint.GetLeftPart(UriPartial.Authority)}.",
            },
        };
        return new Gemma4DownloadException(message) { StatusCode = status };
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header, TimeProvider time)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string? Code(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.FirstOrDefault() : null;
}
