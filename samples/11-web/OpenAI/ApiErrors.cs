using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Sampling.Constraints;

namespace Gemma4.Web.OpenAI;

/// <summary>Turns what goes wrong into errors of the API.</summary>
internal static class ApiErrors
{
    public static ApiException Of(Exception failure) => failure switch
    {
        ApiException known => known,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(StatusCodes.Status413PayloadTooLarge, "request_too_large", null, "The request body is too large."),
        BadHttpRequestException bad => new(StatusCodes.Status400BadRequest, "invalid_request", null, bad.Message),
        JsonException bad => new(StatusCodes.Status400BadRequest, "invalid_json", null, $"The body is not JSON: {bad.Message}"),
        Gemma4ContextOverflowException overflow => new(StatusCodes.Status400BadRequest, "context_length_exceeded", "messages", overflow.Message),
        Gemma4ConstraintException constraint => new(StatusCodes.Status400BadRequest, "invalid_schema", "response_format", constraint.Message),
        NotSupportedException unsupported => new(StatusCodes.Status400BadRequest, "unsupported_value", null, unsupported.Message),
        ArgumentException argument => new(StatusCodes.Status400BadRequest, "invalid_value", null, argument.Message),
        Gemma4BusyException busy => new(StatusCodes.Status429TooManyRequests, "overloaded", null, busy.Message),
        Gemma4ModelException => new(StatusCodes.Status503ServiceUnavailable, "model_unavailable", null, "The model cannot be used; the server's log says why."),
        _ => new(StatusCodes.Status500InternalServerError, "internal_error", null, "The server failed; its log says why."),
    };

    public static JsonObject ToJson(ApiException error) => new()
    {
        ["error"] = new JsonObject
        {
            ["message"] = error.Message,
            ["type"] = error.Status switch
            {
                StatusCodes.Status401Unauthorized => "authentication_error",
                StatusCodes.Status429TooManyRequests => "rate_limit_error",
                >= StatusCodes.Status500InternalServerError => "server_error",
                _ => "invalid_request_error",
            },
            ["param"] = error.Parameter,
            ["code"] = error.Code,
        },
    };

    public static async Task WriteAsync(HttpContext context, ApiException error)
    {
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = "application/json";
        if (error.Status == StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await context.Response.WriteAsync(ToJson(error).ToJsonString(), context.RequestAborted);
    }

    public static void UnknownAddress(HttpContext context) =>
        throw new ApiException(StatusCodes.Status404NotFound, "unknown_url", null, $"There is nothing at {context.Request.Method} {context.Request.Path}.");
}
