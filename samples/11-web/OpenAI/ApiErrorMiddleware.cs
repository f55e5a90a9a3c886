namespace Gemma4.Web.OpenAI;

/// <summary>Answers a failed request with an error of the API, and lets go of one whose client has left.</summary>
internal sealed partial class ApiErrorMiddleware(RequestDelegate next, ILogger<ApiErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads an answer any more; the model has stopped with the request.
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            ApiException error = ApiErrors.Of(failure);
            if (error.Status >= StatusCodes.Status500InternalServerError)
            {
                RequestFailed(logger, context.Request.Path, failure);
            }

            await ApiErrors.WriteAsync(context, error);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Path} failed")]
    private static partial void RequestFailed(ILogger logger, string path, Exception failure);
}
