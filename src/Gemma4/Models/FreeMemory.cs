using System.Globalization;

namespace Gemma4.Models;

/// <summary>Bytes that this process can still take: what the machine has free, within the limits of a container.</summary>
internal static class FreeMemory
{
    private const string MemoryInfo = "/proc/meminfo";
    private const string ContainerLimit = "/sys/fs/cgroup/memory.max";
    private const string ContainerUse = "/sys/fs/cgroup/memory.current";
    private const string ContainerStatistics = "/sys/fs/cgroup/memory.stat";

    public static long Read()
    {
        var info = GC.GetGCMemoryInfo();
        // The collector knows limits of containers and job objects on every system, but not what others use now.
        var free = Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        if (OperatingSystem.IsLinux() && File.Exists(MemoryInfo))
        {
            free = Available(File.ReadLines(MemoryInfo)) ?? free;
            if (Limit(ContainerLimit) is { } limit && Limit(ContainerUse) is { } used)
            {
                long files = File.Exists(ContainerStatistics) ? FileCache(File.ReadLines(ContainerStatistics)) : 0;
                free = Math.Min(free, Math.Max(0, limit - used + files));
            }
        }

        return free;
    }

    /// <summary>MemAvailable: free memory and what the kernel would give back, page cache above all.</summary>
    internal static long? Available(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["MemAvailable:", var kibibytes, ..] && long.TryParse(kibibytes, CultureInfo.InvariantCulture, out var value))
            {
                return value * 1024;
            }
        }

        return null;
    }

    /// <summary>Bytes of files that a container's use counts and that the kernel would give back.</summary>
    internal static long FileCache(IEnumerable<string> lines) => lines
        .Select(line => line.Split(' '))
        .Where(words => words is ["inactive_file" or "active_file", _])
        .Sum(words => long.TryParse(words[1], CultureInfo.InvariantCulture, out var bytes) ? bytes : 0);

    /// <summary>Null when there is no limit; the file then says "max".</summary>
    private static long? Limit(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
}
