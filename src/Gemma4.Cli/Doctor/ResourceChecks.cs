using System.Globalization;
using Gemma4.Models;

namespace Gemma4.Cli.Doctor;

/// <summary>Whether the folder's weights and a conversation fit into this machine.</summary>
internal static class ResourceChecks
{
    private const int ShortConversation = 1000;

    public static IEnumerable<Finding> Run(Gemma4ModelFolder folder)
    {
        ModelMemoryPlan plan;
        Finding? unreadable = null;
        try
        {
            plan = ModelMemoryPlan.Read(folder);
        }
        catch (Gemma4ModelException exception)
        {
            plan = null!;
            unreadable = Finding.Problem("memory", exception.Message);
        }

        if (unreadable is not null)
        {
            yield return unreadable;
            yield break;
        }

        yield return Finding.Ok("weights", $"{Size(plan.WeightBytes)} stored, {Size(plan.ResidentWeightBytes)} in memory once loaded");
        yield return Finding.Ok("cache", $"{Size(plan.WindowCacheBytes + (plan.CacheBytesPerToken * ShortConversation))} for 1000 tokens, {Size(plan.WindowCacheBytes + (plan.CacheBytesPerToken * folder.ContextLength))} for all {Number(folder.ContextLength)}{(plan.RoundsCaches ? ", full attention in 8 bits" : "")}");
        yield return Finding.Ok("scratch", $"{Size(plan.ScratchBytes)} and {Size(plan.ScoreBytesPerToken * ShortConversation)} for each 1000 tokens while a prompt is read");
        yield return CheckMemory(folder, plan, FreeMemory.Read());
        yield return CheckDisk(folder);
    }

    internal static Finding CheckMemory(Gemma4ModelFolder folder, ModelMemoryPlan plan, long free)
    {
        var whole = plan.BytesFor(folder.ContextLength);
        if (whole <= free)
        {
            return Finding.Ok("memory", $"{Size(free)} free, {Size(whole)} needed with a full context");
        }

        var perToken = plan.CacheBytesPerToken + plan.ScoreBytesPerToken;
        var tokens = (free - plan.BytesFor(0)) / perToken;
        return tokens >= ShortConversation
            ? Finding.Warning(
                "memory",
                $"{Size(free)} free, {Size(whole)} needed with a full context: conversations up to about {Number(tokens)} tokens fit",
                $"Set OnnxRuntimeOptions.MaxContextTokens to {Number(tokens / ShortConversation * ShortConversation)}, or free memory.")
            : Finding.Problem(
                "memory",
                $"{Size(free)} free, {Size(plan.BytesFor(ShortConversation))} needed for the model and 1000 tokens.",
                "Free memory, take a smaller model, or build it with --precision int4.");
    }

    private static Finding CheckDisk(Gemma4ModelFolder folder)
    {
        try
        {
            var drive = new DriveInfo(folder.Directory);
            return Finding.Ok("disk", $"{Size(drive.AvailableFreeSpace)} free where the folder lies");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Finding.Warning("disk", $"The free space cannot be read: {exception.Message}", "Nothing; the model does not need free disk space.");
        }
    }

    private static string Size(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F2} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
