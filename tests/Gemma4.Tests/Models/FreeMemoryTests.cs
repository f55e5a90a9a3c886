using Gemma4.Models;
using Xunit;

namespace Gemma4.Tests.Models;

public class FreeMemoryTests
{
    [Fact]
    public void Free_memory_is_what_the_kernel_calls_available()
    {
        string[] lines = ["MemTotal:       24692108 kB", "MemFree:          123456 kB", "MemAvailable:    2000000 kB"];

        Assert.Equal(2_048_000_000, FreeMemory.Available(lines));
        Assert.Null(FreeMemory.Available(lines[..2]));
        Assert.True(FreeMemory.Read() > 0);
    }

    [Fact]
    public void What_a_container_holds_of_files_counts_as_free()
    {
        string[] lines = ["anon 1000", "file 5000", "inactive_file 3000", "active_file 2000"];

        Assert.Equal(5000, FreeMemory.FileCache(lines));
    }
}
