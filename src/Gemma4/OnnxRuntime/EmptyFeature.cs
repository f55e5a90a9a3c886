using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>An input for images or audio, which a text prompt fills with no rows.</summary>
internal sealed record EmptyFeature(string Name, TensorElementType ElementType, long[] Shape);
