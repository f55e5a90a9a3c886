using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.Json;

namespace Gemma4.Remote.Endpoints;

/// <summary>What went wrong at a server, in a sentence that names it and the way out.</summary>
internal static class EndpointFailure
{
    // A server's own words are shown up to here.
    private const int MaxDetail = 500;

    /// <param name="failure">What the OpenAI library or the connection threw.</param>
    /// <param name="endpoint">The server.</param>
    /// <param name="hasOutput">Whether a part of the answer was already given to the caller.</param>
    /// <param name="now">For Retry-After headers that give a date.</param>
    public static Exception Describe(Exception failure, Uri endpoint, bool hasOutput, DateTimeOffset now) => failure switch
    {
        Gemma4RemoteException described => described,
        ClientResultException { Status: > 0 } refused => Refused(refused, endpoint, now),
        ClientResultException or HttpRequestException when !hasOutput => new Gemma4RemoteException($"{endpoint} cannot be reached: {Innermost(failure)}. Check that the server runs and the address is right.", failure)
        {
            Endpoint = endpoint,
            IsTransient = true,
            MayRetryHere = true,
        },
        ClientResultException or HttpRequestException or IOException => Broken(endpoint, hasOutput, failure),
        JsonException or FormatException or ArgumentException or KeyNotFoundException or InvalidOperationException => new Gemma4RemoteException(
            $"{endpoint} sent what is not a chat completion: {Innermost(failure)} Check that the server speaks OpenAI's chat completions.", failure)
        {
            Endpoint = endpoint,
        },
        _ => failure,
    };

    /// <summary>The stream ended, by a broken connection or without a finish reason.</summary>
    public static Gemma4RemoteException Broken(Uri endpoint, bool hasOutput, Exception? cause = null) =>
        new(hasOutput
            ? $"{endpoint} broke off in the middle of the answer. What came so far stands; it is not asked again by itself, because text would come twice."
            : $"{endpoint} broke off before the answer.", cause)
        {
            Endpoint = endpoint,
            IsTransient = true,
            MayRetryHere = !hasOutput,
        };

    public static Gemma4RemoteException NoTokenInTime(Uri endpoint, TimeSpan limit, Exception cause) =>
        new($"{endpoint} sent no token within {limit}. Its queue may be full; raise Gemma4RemoteOptions.FirstTokenTimeout for long prompts.", new TimeoutException("No token in time.", cause))
        {
            Endpoint = endpoint,
            IsTransient = true,
        };

    /// <summary>An error that the server sent as an event of its stream.</summary>
    public static Gemma4RemoteException InStream(Uri endpoint, string? message, string? code) =>
        new($"{endpoint} reported an error in its answer: {Shorten(message ?? "it gave no reason")}") { Endpoint = endpoint, Code = code };

    private static Exception Refused(ClientResultException failure, Uri endpoint, DateTimeOffset now)
    {
        PipelineResponse? response = failure.GetRawResponse();
        (string? message, string? code) = ErrorOf(response);
        string said = message is null ? "" : $" It said: {Shorten(message)}";
        if (failure.Status is 400 or 422 && code?.StartsWith("unsupported", StringComparison.Ordinal) == true)
        {
            return new NotSupportedException($"{endpoint} does not support this request.{said}", failure);
        }

        bool isTransient = failure.Status is 408 or 429 or >= 500;
        return new Gemma4RemoteException(
            failure.Status switch
            {
                401 or 403 => $"{endpoint} refused the key (status {failure.Status}). Set Gemma4RemoteEndpoint.ApiKey to one that it knows.{said}",
                404 => $"{endpoint} does not know the model or the address (status 404). Compare Gemma4RemoteOptions.Model with {endpoint.AbsoluteUri.TrimEnd('/')}/models.{said}",
                429 => $"{endpoint} takes no more requests at the moment (status 429).{said}",
                >= 500 => $"{endpoint} failed (status {failure.Status}).{said}",
                _ => $"{endpoint} refused the request (status {failure.Status}).{said}",
            },
            failure)
        {
            Endpoint = endpoint,
            Status = failure.Status,
            Code = code,
            RetryAfter = RetryAfterOf(response, now),
            IsTransient = isTransient,
            MayRetryHere = isTransient && failure.Status != 501,
        };
    }

    // {"error":{"message","code"}} is OpenAI's shape; {"message"} and {"detail"} are what frameworks send before it.
    private static (string? Message, string? Code) ErrorOf(PipelineResponse? response)
    {
        try
        {
            using JsonDocument body = JsonDocument.Parse(response?.Content.ToMemory() ?? default);
            JsonElement root = body.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return default;
            }

            JsonElement error = root.TryGetProperty("error", out JsonElement inner) ? inner : root;
            return error.ValueKind == JsonValueKind.String
                ? (error.GetString(), null)
                : (TextOf(error, "message") ?? TextOf(error, "detail"), TextOf(error, "code"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? TextOf(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static TimeSpan? RetryAfterOf(PipelineResponse? response, DateTimeOffset now)
    {
        string? text = null;
        if (response?.Headers.TryGetValue("Retry-After", out text) != true || text is null)
        {
            return null;
        }

        TimeSpan? wait = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date) ? date - now : null;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string Innermost(Exception failure) => Shorten(failure.GetBaseException().Message);

    private static string Shorten(string text)
    {
        string line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= MaxDetail ? line : line[..MaxDetail] + "...";
    }
}
