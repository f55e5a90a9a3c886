using Gemma4.Models;
using Gemma4.Prompting;
using Gemma4.Tests.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.Models;

public sealed class Gemma4ModelFolderTests
{
    private const string Genai = """
        {"model": {"type": "gemma4_text", "vocab_size": 262144, "context_length": 4096, "eos_token_id": [1, 106],
          "decoder": {"filename": "model.onnx", "hidden_size": 3840}},
         "search": {"do_sample": true, "temperature": 0.5, "top_k": 10, "top_p": 0.8}}
        """;

    [Fact]
    public void A_folder_with_a_genai_config_alone_is_enough()
    {
        using TemporaryFolder folder = Folder();

        var model = Gemma4ModelFolder.Open(folder.Path + Path.DirectorySeparatorChar);

        Assert.Equal("model", model.ModelId);
        Assert.Equal(Path.Combine(folder.Path, "model.onnx"), model.ModelPath);
        Assert.Equal(Path.Combine(folder.Path, "tokenizer.json"), model.TokenizerPath);
        Assert.Equal(262144, model.VocabularySize);
        Assert.Equal(4096, model.ContextLength);
        Assert.Equal([1, 50, 106], model.StopTokenIds);
        Assert.Equal([255999, 256000, 258880, 258881, 258882, 258883, 258884], model.SuppressedTokenIds);
        Assert.Equal(PromptFlavor.Large, model.Flavor);
        Assert.True(model.DoSample);
        Assert.Equal((0.5f, 10, 0.8f), (model.GenerationDefaults.Temperature, model.GenerationDefaults.TopK, model.GenerationDefaults.TopP));
    }

    [Fact]
    public void The_generation_config_wins_over_the_genai_config_value_by_value()
    {
        using TemporaryFolder folder = Folder()
            .Write("generation_config.json", """{"temperature": 0.7, "eos_token_id": 7, "suppress_tokens": [3, 255999, 999999]}""");

        var model = Gemma4ModelFolder.Open(folder.Path);

        Assert.Equal((0.7f, 10, 0.8f), (model.GenerationDefaults.Temperature, model.GenerationDefaults.TopK, model.GenerationDefaults.TopP));
        Assert.Equal([1, 7, 50, 106], model.StopTokenIds);
        Assert.Equal([3, 255999, 256000, 258880, 258881, 258882, 258883, 258884], model.SuppressedTokenIds);
    }

    [Fact]
    public void A_folder_that_says_nothing_gets_Gemmas_own_sampling_values()
    {
        using TemporaryFolder folder = Folder().Write(
            "genai_config.json", """{"model": {"type": "gemma4_text", "vocab_size": 512, "context_length": 64}}""");

        var model = Gemma4ModelFolder.Open(folder.Path);

        Assert.Equal((1f, 64, 0.95f), (model.GenerationDefaults.Temperature, model.GenerationDefaults.TopK, model.GenerationDefaults.TopP));
        Assert.Equal([1, 50, 106], model.StopTokenIds);
        Assert.Empty(model.SuppressedTokenIds);
    }

    [Fact]
    public void Without_sampling_the_temperature_is_0()
    {
        using TemporaryFolder folder = Folder().Write("generation_config.json", """{"do_sample": false, "temperature": 1.0}""");

        var model = Gemma4ModelFolder.Open(folder.Path);

        Assert.False(model.DoSample);
        Assert.Equal(0, model.GenerationDefaults.Temperature);
    }

    [Theory]
    [InlineData("""{"hidden_size_per_layer_input": 256}""", PromptFlavor.Small)]
    [InlineData("""{"text_config": {"hidden_size_per_layer_input": 256}}""", PromptFlavor.Small)]
    [InlineData("""{"text_config": {"hidden_size_per_layer_input": 0}}""", PromptFlavor.Large)]
    [InlineData("""{"hidden_size": 1536}""", PromptFlavor.Large)]
    public void The_checkpoint_config_tells_the_flavor_by_its_per_layer_inputs(string config, PromptFlavor flavor)
    {
        using TemporaryFolder folder = Folder().Write("config.json", config);

        Assert.Equal(flavor, Gemma4ModelFolder.Open(folder.Path).Flavor);
    }

    [Theory]
    [InlineData(1536, PromptFlavor.Small)]
    [InlineData(2560, PromptFlavor.Small)]
    [InlineData(64, PromptFlavor.Small)]
    [InlineData(2816, PromptFlavor.Large)]
    public void Without_a_checkpoint_config_the_width_tells_the_flavor(int width, PromptFlavor flavor)
    {
        using TemporaryFolder folder = Folder().Write("genai_config.json", Genai.Replace("3840", $"{width}", StringComparison.Ordinal));

        Assert.Equal(flavor, Gemma4ModelFolder.Open(folder.Path).Flavor);
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        Assert.Contains("'no/such/folder' does not exist", Failure("no/such/folder"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("genai_config.json")]
    [InlineData("model.onnx")]
    [InlineData("tokenizer.json")]
    public void A_missing_file_is_named_with_the_way_out(string file)
    {
        using TemporaryFolder folder = Folder();
        File.Delete(Path.Combine(folder.Path, file));

        string message = Failure(folder.Path);

        Assert.StartsWith($"{file} not found in '{folder.Path}'.", message, StringComparison.Ordinal);
        Assert.Contains("make one with 'gemma4 build'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("genai_config.json", "{\"model\": ", "genai_config.json' is not valid JSON")]
    [InlineData("genai_config.json", "[]", "does not hold a JSON object")]
    [InlineData("genai_config.json", "{}", "'model' in")]
    [InlineData("generation_config.json", "{\"top_k\": \"many\"}", "'top_k' in")]
    [InlineData("generation_config.json", "{\"top_p\": 2}", "'top_p' in")]
    [InlineData("generation_config.json", "{\"eos_token_id\": [1, -4]}", "'eos_token_id' in")]
    [InlineData("config.json", "nonsense", "config.json' is not valid JSON")]
    public void A_damaged_config_is_named(string file, string content, string expected)
    {
        using TemporaryFolder folder = Folder().Write(file, content);

        Assert.Contains(expected, Failure(folder.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemma3_text")]
    [InlineData("llama")]
    public void Another_model_type_is_refused_by_name(string type)
    {
        using TemporaryFolder folder = Folder().Write("genai_config.json", Genai.Replace("gemma4_text", type, StringComparison.Ordinal));

        string message = Failure(folder.Path);

        Assert.Contains($"is of type '{type}'", message, StringComparison.Ordinal);
        Assert.Contains("only 'gemma4_text' and 'gemma4' are accepted", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_outside_the_folder_is_refused()
    {
        using TemporaryFolder folder = Folder().Write("genai_config.json", Genai.Replace("model.onnx", "../model.onnx", StringComparison.Ordinal));

        Assert.Contains("lies outside the folder", Failure(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_weights_are_named()
    {
        using TemporaryFolder folder = Folder();
        File.Delete(Path.Combine(folder.Path, "model.onnx.data"));

        Assert.Contains("model.onnx.data' not found", Failure(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_off_weights_are_named_with_both_sizes()
    {
        using TemporaryFolder folder = Folder().Write("model.onnx.data", new byte[100]);

        Assert.Contains("has 100 bytes but 'model.onnx' needs 320", Failure(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_cut_off_anywhere_is_named()
    {
        using TemporaryFolder folder = Folder();
        byte[] graph = Graph();
        for (int length = 0; length < graph.Length; length += 7)
        {
            folder.Write("model.onnx", graph[..length]);

            // A cut between two fields of the model leaves a shorter but well-formed message.
            Exception? failure = Record.Exception(() => Gemma4ModelFolder.Open(folder.Path));
            Assert.True(failure is null or Gemma4ModelException, $"{length}: {failure}");
            if (length < 3)
            {
                Assert.NotNull(failure);
            }
        }
    }

    private static string Failure(string path) => Assert.Throws<Gemma4ModelException>(() => Gemma4ModelFolder.Open(path)).Message;

    private static byte[] Graph() => new TestGraph()
        .ExternalWeight("first", "model.onnx.data", 0, 256)
        .ExternalWeight("second", "model.onnx.data", 256, 64)
        .ToArray();

    private static TemporaryFolder Folder() => new TemporaryFolder()
        .Write("genai_config.json", Genai)
        .Write("model.onnx", Graph())
        .Write("model.onnx.data", new byte[320])
        .Write("tokenizer.json", "{}");
}
