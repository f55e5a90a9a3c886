using Microsoft.Extensions.Options;

namespace Gemma4.Remote;

internal sealed class Gemma4RemoteOptionsValidator : IValidateOptions<Gemma4RemoteOptions>
{
    private const int MostRetries = 10;

    // What timers take.
    private static readonly TimeSpan LongestTime = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public ValidateOptionsResult Validate(string? name, Gemma4RemoteOptions options)
    {
        List<string> failures = [];
        if (options.Endpoints.Count == 0)
        {
            failures.Add("Gemma4RemoteOptions.Endpoints is empty. Add one, such as { \"Url\": \"http://localhost:8000/v1\" }.");
        }

        foreach ((int index, Gemma4RemoteEndpoint endpoint) in options.Endpoints.Index())
        {
            CheckEndpoint($"Gemma4RemoteOptions.Endpoints[{index}]", endpoint, options.Model, failures);
        }

        CheckTime(nameof(options.RequestTimeout), options.RequestTimeout, failures);
        CheckTime(nameof(options.FirstTokenTimeout), options.FirstTokenTimeout, failures);
        if (options.MaxRetries is < 0 or > MostRetries)
        {
            failures.Add($"Gemma4RemoteOptions.MaxRetries is {options.MaxRetries}; it must be from 0 to {MostRetries}.");
        }

        if (options.RetryDelay < TimeSpan.Zero || options.MaxRetryDelay < options.RetryDelay || options.MaxRetryDelay > LongestTime)
        {
            failures.Add($"Gemma4RemoteOptions.RetryDelay is {options.RetryDelay} and MaxRetryDelay is {options.MaxRetryDelay}; the first must not be negative nor more than the second, and that at most 49 days.");
        }

        if (!Enum.IsDefined(options.Thinking))
        {
            failures.Add($"Gemma4RemoteOptions.Thinking is {options.Thinking}; it must be one of {string.Join(", ", Enum.GetNames<RemoteThinking>())}.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckEndpoint(string place, Gemma4RemoteEndpoint? endpoint, string? model, List<string> failures)
    {
        if (endpoint?.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" } url)
        {
            failures.Add($"{place}.Url is '{endpoint?.Url}'; it must be an absolute http or https address, usually ending in /v1.");
            return;
        }

        if (url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            failures.Add($"{place}.Url has a user, a query or a fragment; only scheme, host, port and path are used. Put a key into ApiKey.");
        }

        if (string.IsNullOrWhiteSpace(endpoint.Model ?? model))
        {
            failures.Add($"Gemma4RemoteOptions.Model is not set, and {place}.Model neither. Set it to the name that the server lists under {url.AbsoluteUri.TrimEnd('/')}/models.");
        }

        if (endpoint.ApiKey is not null && endpoint.ApiKeyProvider is not null)
        {
            failures.Add($"{place} has both ApiKey and ApiKeyProvider. Set one of them to null.");
        }

        if (endpoint.ApiKey is { } key && (key.Length == 0 || key.Any(letter => letter is <= ' ' or > '~')))
        {
            failures.Add($"{place}.ApiKey is empty or has a character that an HTTP header cannot carry. Leave it null where the server wants no key.");
        }
    }

    private static void CheckTime(string option, TimeSpan time, List<string> failures)
    {
        if (time <= TimeSpan.Zero || time > LongestTime)
        {
            failures.Add($"Gemma4RemoteOptions.{option} is {time}; it must be more than zero and at most 49 days.");
        }
    }
}
