using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// The tensors of a LoRA adapter, ready to take the place of a graph's overridable initializers. They are bound like
/// inputs: ONNX Runtime's own adapters are ignored, with no more than a warning, by runs with bound inputs.
/// </summary>
internal sealed class LoadedAdapter : IDisposable
{
    private readonly List<(string Name, OrtValue Value)> _tensors = [];

    private readonly byte[] _bytes; // pinned; the tensors point into it

    private LoadedAdapter(byte[] bytes, string path) => (_bytes, Path) = (bytes, path);

    internal string Path { get; }

    /// <exception cref="Gemma4ModelException">The file cannot be used, or not with this graph.</exception>
    internal static LoadedAdapter Load(string path, InferenceSession session, string modelPath)
    {
        AdapterFile file = AdapterFile.Read(path);
        foreach (AdapterTensor tensor in file.Tensors)
        {
            Check(tensor, session, path, modelPath);
        }

        LoadedAdapter adapter = new(file.Bytes, path);
        foreach (AdapterTensor tensor in file.Tensors)
        {
            adapter._tensors.Add((tensor.Name, OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance,
                tensor.Type,
                tensor.Shape,
                Marshal.UnsafeAddrOfPinnedArrayElement(file.Bytes, tensor.Offset),
                tensor.ByteCount)));
        }

        return adapter;
    }

    internal void BindTo(OrtIoBinding binding)
    {
        foreach ((string name, OrtValue value) in _tensors)
        {
            binding.BindInput(name, value);
        }
    }

    public void Dispose()
    {
        foreach ((_, OrtValue value) in _tensors)
        {
            value.Dispose();
        }

        GC.KeepAlive(_bytes);
    }

    private static void Check(AdapterTensor tensor, InferenceSession session, string path, string modelPath)
    {
        if (!session.OverridableInitializerMetadata.TryGetValue(tensor.Name, out NodeMetadata? slot))
        {
            throw new Gemma4ModelException($"The adapter '{path}' sets '{tensor.Name}', for which '{modelPath}' has no place. Export the model with this adapter's places, or take the adapter made for it.");
        }

        bool fits = slot.ElementDataType == tensor.Type && slot.Dimensions.Length == tensor.Shape.Length;
        for (int axis = 0; fits && axis < tensor.Shape.Length; axis++)
        {
            fits = slot.Dimensions[axis] < 0 || slot.Dimensions[axis] == tensor.Shape[axis];
        }

        if (!fits)
        {
            throw new Gemma4ModelException($"The adapter '{path}' gives '{tensor.Name}' as {tensor.Type} [{string.Join(", ", tensor.Shape)}] and '{modelPath}' takes {slot.ElementDataType} [{string.Join(", ", slot.Dimensions)}]. Take the adapter made for this model.");
        }
    }
}
