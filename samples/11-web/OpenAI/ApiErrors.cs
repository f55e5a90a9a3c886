using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Sampling.Constraints;
using Microsoft.AspNetCore.Routing.Template;

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
        ArgumentException argument => new(StatusCodes.Status400BadRequest, "invalid_value", null, Sentence(argument)),
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
        context.Response.ContentType = "application/json; charset=utf-8";
        if (error.Status == StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await context.Response.WriteAsync(ToJson(error).ToJsonString(WireJson.Options), context.RequestAborted);
    }

    /// <summary>The answer where no endpoint takes a request: another method is not the same as another address.</summary>
    public static void UnknownAddress(HttpContext context, EndpointDataSource endpoints)
    {
        string[] methods = [.. endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), []).TryMatch(context.Request.Path, []))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            .Distinct()];
        if (methods.Length == 0)
        {
            throw new ApiException(StatusCodes.Status404NotFound, "unknown_url", null, $"There is nothing at {context.Request.Method} {context.Request.Path}.");
        }

        context.Response.Headers.Allow = string.Join(", ", methods);
        throw new ApiException(StatusCodes.Status405MethodNotAllowed, "method_not_supported", null, $"{context.Request.Path} takes {string.Join(" and ", methods)}, not {context.Request.Method}.");
    }

    /// <summary>What an argument's exception says, without the name that the argument has in the code.</summary>
    public static string Sentence(ArgumentException failure)
    {
        string first = failure.Message.Split('\n')[0].TrimEnd();
        string inCode = $" (Parameter '{failure.ParamName}')";
        return first.EndsWith(inCode, StringComparison.Ordinal) ? first[..^inCode.Length] : first;
    }
}
