namespace Gemma4.Models.Download;

/// <summary>How often and after which wait a request is tried again.</summary>
internal sealed class RetryPolicy(DownloadSettings settings)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(10);

    internal async Task<T> RunAsync<T>(string what, Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        for (int failures = 0; ;)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (TransferFault fault)
            {
                await WaitAsync(what, ++failures, fault, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before the next attempt, or throws when there is none left.</summary>
    internal Task WaitAsync(string what, int failures, TransferFault fault, CancellationToken cancellationToken)
    {
        if (failures >= settings.MaxAttempts)
        {
            throw new Gemma4DownloadException(
                $"{what} could not be fetched in {failures} attempts: {fault.Message.TrimEnd('.')}. What is already here stays; "
                + "start the download again to continue."
                + (fault.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError }
                    ? " HTTPS_PROXY names a proxy, HF_ENDPOINT another hub." : ""),
                fault)
            { StatusCode = fault.StatusCode };
        }

        if (fault.RetryAfter > MostPatience)
        {
            throw new Gemma4DownloadException(
                $"{what} could not be fetched: the server asks to wait {fault.RetryAfter.Value:c}. Start the download again after that time; it continues.",
                fault)
            { StatusCode = fault.StatusCode };
        }

        return settings.Wait(Delay(failures, fault), cancellationToken);
    }

    private TimeSpan Delay(int failures, TransferFault fault)
    {
        double seconds = Math.Min(First.TotalSeconds * Math.Pow(2, failures - 1), Longest.TotalSeconds);
        // Half of the wait is random, so that many clients that failed together do not return together.
        TimeSpan backOff = TimeSpan.FromSeconds(seconds * (0.5 + (0.5 * settings.Jitter())));
        return fault.RetryAfter > backOff ? fault.RetryAfter.Value : backOff;
    }
}
