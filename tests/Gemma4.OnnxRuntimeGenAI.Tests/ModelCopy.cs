using Gemma4.Models;
using Gemma4.Nano;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The nano model in a folder whose name is not ASCII.</summary>
public sealed class ModelCopy : IDisposable
{
    public ModelCopy()
    {
        Path = Directory.CreateTempSubdirectory("gemma4-模型-é-").FullName;
        foreach (var file in Directory.EnumerateFiles(NanoModel.Directory))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal Gemma4ModelFolder Folder => Gemma4ModelFolder.Open(Path);

    /// <summary>Loads it on the stand-in, with every switch of that at its start.</summary>
    internal NativeGenerationEngine LoadToy(Action<OnnxRuntimeGenAIOptions>? configure = null, Action<ToyControls>? prepare = null)
    {
        ToyControls toy = new(ToyLibrary.Path);
        toy.Set("reset", 0);
        prepare?.Invoke(toy);
        OnnxRuntimeGenAIOptions options = new() { LibraryPath = ToyLibrary.Path };
        configure?.Invoke(options);
        return NativeGenerationEngine.Load(Folder, options);
    }
}
