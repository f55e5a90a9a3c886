using Gemma4.Generation;
using Gemma4.Models.Download;
using Gemma4.OnnxRuntime;
using Microsoft.Extensions.Options;

namespace Gemma4;

internal sealed class Gemma4OptionsValidator : IValidateOptions<Gemma4Options>
{
    public ValidateOptionsResult Validate(string? name, Gemma4Options options)
    {
        List<string> failures = [];
        CheckModel(options, failures);

        if (options.PrefillChunkSize < 1)
        {
            failures.Add($"Gemma4Options.PrefillChunkSize is {options.PrefillChunkSize}; it must be 1 or more.");
        }

        if (options.UnloadAfterIdle is { } idle && (idle <= TimeSpan.Zero || idle.TotalMilliseconds > uint.MaxValue - 1))
        {
            failures.Add($"Gemma4Options.UnloadAfterIdle is {idle}; it must be more than zero and at most 49 days, or null to keep the model loaded.");
        }

        CheckScheduling(options, failures);
        CheckBudget(nameof(ThinkingBudgets.Low), options.ThinkingBudgets.Low, failures);
        CheckBudget(nameof(ThinkingBudgets.Medium), options.ThinkingBudgets.Medium, failures);
        CheckBudget(nameof(ThinkingBudgets.High), options.ThinkingBudgets.High, failures);
        CheckBudget(nameof(ThinkingBudgets.ExtraHigh), options.ThinkingBudgets.ExtraHigh, failures);
        try
        {
            OnnxSession.Check(options.OnnxRuntime);
        }
        catch (ArgumentException exception)
        {
            failures.Add($"Gemma4Options.OnnxRuntime: {exception.Message}");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckModel(Gemma4Options options, List<string> failures)
    {
        bool hasPath = !string.IsNullOrWhiteSpace(options.ModelPath);
        if (!hasPath && options.Model is null)
        {
            failures.Add("Gemma4Options.ModelPath is not set. Set it to a model folder, set Model to a hub's 'owner/name', or call UseNano() for the built-in demo model.");
        }
        else if (hasPath && options.Model is not null)
        {
            failures.Add($"Gemma4Options.ModelPath ('{options.ModelPath}') and Model ('{options.Model}') exclude each other. Set one to null.");
        }
        else if (options.Model is { } model && !ModelReference.TryParse(model, out _))
        {
            failures.Add($"Gemma4Options.Model is '{model}'; it must be {ModelReference.Shape}. A folder goes into ModelPath.");
        }

        if (options.Model is not null && DownloadSettings.Problem(options.Download) is { } problem)
        {
            failures.Add($"Gemma4Options.Download.{problem}");
        }
    }

    private static void CheckScheduling(Gemma4Options options, List<string> failures)
    {
        // More than 63 guesses make a step longer than a piece of a prompt needs to be.
        if (options.MaxDraftTokens is < 0 or > 63)
        {
            failures.Add($"Gemma4Options.MaxDraftTokens is {options.MaxDraftTokens}; it must be 0 up to 63.");
        }

        SchedulingOptions scheduling = options.Scheduling;
        CheckLeast("Scheduling.MaxConcurrentRequests", scheduling.MaxConcurrentRequests, 1, failures);
        CheckLeast("Scheduling.MaxQueuedRequests", scheduling.MaxQueuedRequests, 0, failures);
        CheckLeast("Scheduling.MaxBatchSize", scheduling.MaxBatchSize, 1, failures);
        CheckLeast("PrefixCache.MaxSessions", options.PrefixCache.MaxSessions, 1, failures);
        CheckLeast("PrefixCache.MemoryBudget", options.PrefixCache.MemoryBudget, 0, failures);
        if (scheduling.QueueTimeout is { } limit && (limit <= TimeSpan.Zero || limit.TotalMilliseconds > uint.MaxValue - 1))
        {
            failures.Add($"Gemma4Options.Scheduling.QueueTimeout is {limit}; it must be more than zero and at most 49 days, or null to wait without limit.");
        }
    }

    private static void CheckLeast(string name, long value, long least, List<string> failures)
    {
        if (value < least)
        {
            failures.Add($"Gemma4Options.{name} is {value}; it must be {least} or more.");
        }
    }

    private static void CheckBudget(string effort, int? budget, List<string> failures)
    {
        if (budget < 1)
        {
            failures.Add($"Gemma4Options.ThinkingBudgets.{effort} is {budget}; it must be 1 or more, or null for no limit.");
        }
    }
}
