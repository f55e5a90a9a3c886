namespace Gemma4.OnnxRuntimeGenAI.Native;

internal sealed class OgaTensorHandle() : OgaHandle(OgaKind.Tensor);
