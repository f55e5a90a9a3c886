using Gemma4.ModelBuilder.Graphs;
using Gemma4.Models;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>One graph of a model folder: its path and that of its weights, relative to the folder.</summary>
internal sealed record GraphFile(string Path, string DataPath, GraphPart Part)
{
    public static GraphFile[] Of(ModelBuildOptions options) => options.Layout switch
    {
        ModelLayout.Text => [new("model.onnx", "model.onnx.data", GraphPart.Whole)],
        ModelLayout.MultiModel => [InFolder("embedding", GraphPart.Embedding), InFolder("decoder", GraphPart.Decoder)],
        _ => [Traced("embed_tokens", options, GraphPart.Embedding), Traced("decoder_model_merged", options, GraphPart.Decoder)],
    };

    public static GraphStyle StyleOf(ModelBuildOptions options) => options.Style ?? options.Layout switch
    {
        ModelLayout.Text => options.KeepsWindows ? GraphStyle.Windowed : GraphStyle.Own,
        ModelLayout.MultiModel => GraphStyle.MultiModel,
        _ => GraphStyle.Traced,
    };

    private static GraphFile InFolder(string folder, GraphPart part) =>
        new($"{folder}/model.onnx", $"{folder}/model.onnx.data", part);

    private static GraphFile Traced(string name, ModelBuildOptions options, GraphPart part)
    {
        var suffix = options.Precision switch
        {
            ModelPrecision.Float32 => "",
            ModelPrecision.Int8 => "_quantized",
            ModelPrecision.Int4 => "_q4",
            _ => "_fp16",
        };
        return new($"onnx/{name}{suffix}.onnx", $"onnx/{name}{suffix}.onnx_data", part);
    }
}
