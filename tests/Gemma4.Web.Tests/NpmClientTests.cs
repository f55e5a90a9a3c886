using System.Diagnostics;

namespace Gemma4.Web.Tests;

/// <summary>OpenAI's own JavaScript client talks to the server.</summary>
public sealed class NpmClientTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [NodeFact]
    public async Task The_JavaScript_client_chats_streams_calls_tools_and_embeds()
    {
        string folder = Path.Combine(TestData.Root, ".artifacts", "npm-openai");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "npm")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        await RunAsync("npm", folder, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline");
        string output = await RunAsync("node", folder, "contract.mjs", new Uri(shared.Server.Url, "v1").AbsoluteUri);

        Assert.Equal(["chat", "stream", "tools", "schema", "embeddings", "models", "errors"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} failed:\n{output}\n{await error}");
        return output;
    }
}
