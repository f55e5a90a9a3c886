namespace Gemma4.Web.OpenAI;

/// <summary>An error in the shape that OpenAI's clients read.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">A short name for programs.</param>
/// <param name="parameter">Where in the request it is, such as <c>messages[0].role</c>; null for nowhere in particular.</param>
/// <param name="message">What is wrong, for people.</param>
internal sealed class ApiException(int status, string code, string? parameter, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public string? Parameter => parameter;

    public static ApiException Invalid(string parameter, string message) => new(StatusCodes.Status400BadRequest, "invalid_value", parameter, $"Invalid '{parameter}': {message}");

    public static ApiException Missing(string parameter) =>
        new(StatusCodes.Status400BadRequest, "missing_required_parameter", parameter, $"Missing required parameter: '{parameter}'.");

    public static ApiException Unsupported(string parameter, string? message = null) =>
        new(StatusCodes.Status400BadRequest, "unsupported_parameter", parameter, $"Unsupported parameter: '{parameter}'{(message is null ? " is not supported by this server." : $". {message}")}");
}
