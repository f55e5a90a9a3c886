using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>native/toy.c as a shared library, compiled once per version of its source with the machine's C compiler.</summary>
internal static class ToyLibrary
{
    private static readonly string? Compiler = FindCompiler();
    private static readonly Lazy<string> Built = new(() => Build("toy"));
    private static readonly Lazy<string> BuiltOld = new(() => Build("toy-old", "-DTOY_OLD"));

    /// <summary>Why tests on it cannot run on this machine; null when they can.</summary>
    public static string? MissingCompiler =>
        OperatingSystem.IsWindows() ? "needs a Unix C compiler to build its stand-in for onnxruntime-genai"
        : Compiler is null ? "needs gcc or cc on the path to build its stand-in for onnxruntime-genai"
        : null;

    /// <summary>As <see cref="MissingCompiler"/>, for tests that load it into their own process.</summary>
    public static string? SkipReason => MissingCompiler
        ?? (RealLibrary.Path is null ? null : $"this process runs the real library that {RealLibrary.Variable} names, and a process holds one");

    public static string Path => Built.Value;

    /// <summary>Without the exports that came after version 0.8.</summary>
    public static string OldPath => BuiltOld.Value;

    private static string? FindCompiler() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(folder => new[] { System.IO.Path.Combine(folder, "gcc"), System.IO.Path.Combine(folder, "cc") })
        .FirstOrDefault(File.Exists);

    private static string Build(string name, params string[] extra)
    {
        var source = System.IO.Path.Combine(AppContext.BaseDirectory, "native", "toy.c");
        var version = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(source)))[..16];
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(AppContext.BaseDirectory, "native-built", version)).FullName;
        var library = System.IO.Path.Combine(folder, $"lib{name}.so");
        if (File.Exists(library))
        {
            return library;
        }

        // Under another name first: a second test run must not load a file that is half written.
        var partial = System.IO.Path.Combine(folder, $"{name}-{Environment.ProcessId}.partial");
        ProcessStartInfo start = new(Compiler!) { RedirectStandardError = true };
        foreach (var argument in (string[])["-std=gnu11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread", .. extra, source, "-o", partial])
        {
            start.ArgumentList.Add(argument);
        }

        using var compiler = Process.Start(start) ?? throw new Win32Exception($"'{Compiler}' did not start.");
        var errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        if (compiler.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{Compiler}' could not build toy.c: {errors}");
        }

        File.Move(partial, library, overwrite: true);
        return library;
    }
}
