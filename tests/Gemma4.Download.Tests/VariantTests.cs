using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

public class VariantTests
{
    private static readonly string[] Everything =
    [
        ".gitattributes", "README.md", "LICENSE", "config.json", "generation_config.json", "tokenizer.json", "chat_template.jinja",
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
        "onnx/decoder_model_merged.onnx", "onnx/decoder_model_merged.onnx_data", "onnx/decoder_model_merged.onnx_data_1",
        "onnx/decoder_model_merged_q4.onnx", "onnx/decoder_model_merged_q4.onnx_data", "onnx/embed_tokens_q4.onnx",
        "onnx/embed_tokens_q4.onnx_data", "onnx/decoder_model_merged_q4f16.onnx", "onnx/decoder_model_merged_q4f16.onnx_data",
        "cpu/cpu-int4-rtn/genai_config.json", "cpu/cpu-int4-rtn/model.onnx", "cpu/cpu-int4-rtn/model.onnx.data", "cpu/cpu-int4-rtn/tokenizer.json",
        "cuda/cuda-int4/genai_config.json", "cuda/cuda-int4/model.onnx",
    ];

    private static readonly string[] Companions = ["LICENSE", "config.json", "generation_config.json", "tokenizer.json", "chat_template.jinja"];

    [Fact]
    public async Task Every_variant_of_a_repository_is_found_and_an_open_choice_lists_them_with_sizes()
    {
        await using DownloadSetup setup = await WithAsync(Everything);

        Gemma4DownloadException error = await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync());

        foreach (string name in new[] { "cpu/cpu-int4-rtn (", "cuda/cuda-int4 (", "fp32 (", "q4 (", "q4f16 (", "checkpoint (" })
        {
            Assert.Contains(name, error.Message);
        }

        Assert.Contains("--precision", error.Message);
        Assert.Equal(0, setup.Server.FileRequests);
    }

    [Fact]
    public Task A_precision_of_graphs_brings_its_data_files_and_the_configuration() => AssertFiles(
        "q4",
        ["onnx/decoder_model_merged_q4.onnx", "onnx/decoder_model_merged_q4.onnx_data", "onnx/embed_tokens_q4.onnx", "onnx/embed_tokens_q4.onnx_data", .. Companions]);

    [Fact]
    public Task The_unnamed_precision_has_numbered_data_files() => AssertFiles(
        "fp32",
        ["onnx/decoder_model_merged.onnx", "onnx/decoder_model_merged.onnx_data", "onnx/decoder_model_merged.onnx_data_1", .. Companions]);

    [Fact]
    public Task A_checkpoint_brings_all_its_parts() => AssertFiles(
        "checkpoint",
        ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", .. Companions]);

    [Theory]
    [InlineData("cpu/cpu-int4-rtn")]
    [InlineData("cpu")]
    [InlineData("RTN")]
    public Task A_part_of_a_folders_name_picks_it_and_its_files_come_to_the_top(string precision) =>
        AssertFiles(precision, ["genai_config.json", "model.onnx", "model.onnx.data", "tokenizer.json", "LICENSE"]);

    [Theory]
    [InlineData("int4", "several variants for 'int4'")]
    [InlineData("q5", "no variant 'q5'")]
    public async Task A_precision_that_means_several_or_none_is_an_error(string precision, string words)
    {
        await using DownloadSetup setup = await WithAsync(Everything);
        setup.Settings = setup.Settings with { Precision = precision };

        Assert.Contains(words, (await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync())).Message);
    }

    [Theory]
    [InlineData("cpu/**", "genai_config.json,model.onnx,model.onnx.data,tokenizer.json")]
    [InlineData("*.safetensors", "model-00001-of-00002.safetensors,model-00002-of-00002.safetensors")]
    [InlineData("onnx/*_q4.onnx*,/config.json", "config.json,onnx/decoder_model_merged_q4.onnx,onnx/decoder_model_merged_q4.onnx_data,onnx/embed_tokens_q4.onnx,onnx/embed_tokens_q4.onnx_data")]
    [InlineData("c?nfig.json", "config.json")]
    public async Task Patterns_take_exactly_what_they_match(string include, string expected)
    {
        await using DownloadSetup setup = await WithAsync(Everything);
        setup.Settings = setup.Settings with { Include = include.Split(',') };

        AssertFolder(await setup.PullAsync(), expected.Split(','));
    }

    [Fact]
    public async Task Excluded_files_are_left_out_and_the_choice_has_a_folder_of_its_own()
    {
        await using DownloadSetup setup = await WithAsync(Everything);
        setup.Settings = setup.Settings with { Precision = "checkpoint" };
        string whole = await setup.PullAsync();
        setup.Settings = setup.Settings with { Exclude = ["*.safetensors", "LICENSE"] };

        string part = await setup.PullAsync();

        Assert.NotEqual(whole, part);
        AssertFolder(part, ["chat_template.jinja", "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json"]);
    }

    [Fact]
    public async Task A_repository_without_a_model_and_patterns_without_a_file_say_so()
    {
        await using DownloadSetup setup = await WithAsync("README.md");
        Assert.Contains("holds no model", (await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync())).Message);
        setup.Settings = setup.Settings with { Include = ["*.onnx"] };

        Assert.Contains("README.md", (await Assert.ThrowsAsync<Gemma4DownloadException>(() => setup.PullAsync())).Message);
    }

    [Theory]
    [InlineData("*.json", "a/b/c.json", true)]
    [InlineData("a/*.json", "a/b/c.json", false)]
    [InlineData("a/**", "a/b/c.json", true)]
    [InlineData("**/c.json", "c.json", true)]
    [InlineData("a/**/c.json", "a/c.json", true)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("A", "a", false)]
    public void A_pattern_matches_within_names_and_across_folders(string pattern, string path, bool expected) =>
        Assert.Equal(expected, GlobPattern.Matches(pattern, path));

    private static async Task AssertFiles(string precision, string[] expected)
    {
        await using DownloadSetup setup = await WithAsync(Everything);
        setup.Settings = setup.Settings with { Precision = precision };

        AssertFolder(await setup.PullAsync(), expected);
    }

    private static void AssertFolder(string folder, string[] expected) => Assert.Equal(
        expected.Append(ModelManifest.FileName).Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal));

    private static async Task<DownloadSetup> WithAsync(params string[] files)
    {
        DownloadSetup setup = await DownloadSetup.StartAsync();
        foreach (string file in files)
        {
            setup.Server.Files[file] = HubServer.Bytes(50, file.Length);
        }

        return setup;
    }
}
