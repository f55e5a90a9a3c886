using System.Diagnostics;
using Gemma4.Nano;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>Runs the probe in a process of its own: how a process ends cannot be tested from inside.</summary>
internal static class Probe
{
    public static async Task<(int ExitCode, string Output, string Errors)> Run(string what, string? library, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Gemma4.GenAIProbe.dll"));
        start.ArgumentList.Add(what);
        start.ArgumentList.Add(NanoModel.Directory);
        if (library is not null)
        {
            start.ArgumentList.Add(library);
        }

        start.Environment.Remove(RealLibrary.Variable);
        // An abort is expected in some runs; it needs no core file.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim().ReplaceLineEndings("\n"), (await errors).Trim());
    }
}
