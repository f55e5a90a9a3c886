namespace Gemma4.Tests.Models;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("gemma4-");

    internal TemporaryFolder(string name = "model") =>
        Path = _parent.CreateSubdirectory(name).FullName;

    internal string Path { get; }

    public void Dispose() => _parent.Delete(recursive: true);

    internal TemporaryFolder Write(string name, string text)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return this;
    }

    internal TemporaryFolder Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, name), bytes);
        return this;
    }
}
