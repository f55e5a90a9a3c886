using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Gemma4.Retrieval.Tests;

/// <summary>The sqlite-vec library: named by GEMMA4_SQLITE_VEC, or fetched once with npm where that is to be had.</summary>
internal static class SqliteVecLibrary
{
    private const string Variable = "GEMMA4_SQLITE_VEC";
    private const string Package = "sqlite-vec-linux-x64";
    private const string Version = "0.1.9";
    private const string Entry = "package/vec0.so";

    private static readonly Lazy<(string? Path, string? Missing)> Found = new(Find);

    public static Lazy<string> Path { get; } = new(() => Found.Value.Path ?? throw new InvalidOperationException(Found.Value.Missing));

    /// <summary>Why there is no library here; null when there is one.</summary>
    public static string? Missing => Found.Value.Missing;

    private static (string? Path, string? Missing) Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? (named, null) : (null, $"{Variable} names '{named}', which is not there.");
        }

        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return (null, $"sqlite-vec is fetched for Linux on x64 only; name the library in {Variable}.");
        }

        string folder = System.IO.Path.Combine(TestData.Root, ".artifacts", "sqlite-vec", Version);
        string library = System.IO.Path.Combine(folder, "vec0.so");
        if (File.Exists(library))
        {
            return (library, null);
        }

        try
        {
            Directory.CreateDirectory(folder);
            using Process npm = Process.Start(new ProcessStartInfo("npm", $"pack {Package}@{Version} --silent --fetch-retries=0 --pack-destination .")
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> errors = npm.StandardError.ReadToEndAsync();
            npm.StandardOutput.ReadToEnd();
            npm.WaitForExit();
            if (npm.ExitCode != 0)
            {
                return (null, $"npm could not fetch {Package} {Version}: {errors.Result}");
            }
        }
        catch (Win32Exception exception)
        {
            return (null, $"npm, which fetches {Package}, is not here ({exception.Message}); name the library in {Variable}.");
        }

        using GZipStream unpacked = new(File.OpenRead(System.IO.Path.Combine(folder, $"{Package}-{Version}.tgz")), CompressionMode.Decompress);
        using TarReader archive = new(unpacked);
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.Name == Entry)
            {
                entry.ExtractToFile(library, overwrite: true);
                return (library, null);
            }
        }

        return (null, $"{Package} {Version} holds no {Entry}.");
    }
}
