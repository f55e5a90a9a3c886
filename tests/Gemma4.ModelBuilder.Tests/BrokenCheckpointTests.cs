using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>A tiny checkpoint is damaged in one way; the build must say which, and leave nothing behind.</summary>
public sealed class BrokenCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _checkpoint;

    public BrokenCheckpointTests()
    {
        _checkpoint = _folder.Path("checkpoint");
        Directory.CreateDirectory(_checkpoint);
        foreach (var file in Directory.EnumerateFiles(TestData.Path("tiny", "e2b")))
        {
            if (Path.GetFileName(file) != "reference.json")
            {
                File.WriteAllBytes(Path.Combine(_checkpoint, Path.GetFileName(file)), File.ReadAllBytes(file));
            }
        }
    }

    private string Weights => Path.Combine(_checkpoint, "model.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_checkpoint_folder_is_named()
    {
        var error = await Assert.ThrowsAsync<DirectoryNotFoundException>(
            () => Gemma4ModelBuilder.BuildAsync(_folder.Path("nowhere"), _folder.Path("built")));
        Assert.Contains("nowhere", error.Message);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model.safetensors")]
    public async Task A_missing_file_is_named(string name)
    {
        File.Delete(Path.Combine(_checkpoint, name));
        await RefusedAsync<FileNotFoundException>(name);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("generation_config.json")]
    public async Task A_file_that_is_no_json_is_named(string name)
    {
        File.WriteAllText(Path.Combine(_checkpoint, name), "{ \"half\": ");
        await RefusedAsync<InvalidDataException>(name, "JSON");
    }

    [Fact]
    public async Task Another_model_type_is_refused()
    {
        EditConfig(config => config["model_type"] = "llama");
        await RefusedAsync<NotSupportedException>("llama", "gemma4_text");
    }

    [Fact]
    public async Task A_mixture_without_a_number_of_experts_is_refused()
    {
        EditConfig(config => config["enable_moe_block"] = true);
        await RefusedAsync<InvalidDataException>("config.json", "num_experts");
    }

    [Theory]
    [InlineData("hidden_size", "\"wide\"")]
    [InlineData("num_hidden_layers", "11")]
    [InlineData("num_kv_shared_layers", "9")]
    [InlineData("num_kv_shared_layers", "10")]
    [InlineData("num_kv_shared_layers", "99")]
    [InlineData("layer_types", "[\"dense\"]")]
    [InlineData("rope_parameters", "[]")]
    public async Task A_config_field_that_cannot_be_is_named(string field, string value)
    {
        EditConfig(config => config[field] = JsonNode.Parse(value));
        await RefusedAsync<InvalidDataException>("config.json");
    }

    [Fact]
    public async Task A_tokenizer_of_another_model_is_refused()
    {
        var path = Path.Combine(_checkpoint, "tokenizer.json");
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        root["model"]!["vocab"]!["too far"] = 512;
        File.WriteAllText(path, root.ToJsonString());
        await RefusedAsync<InvalidDataException>("tokenizer.json", "513", "512");
    }

    [Fact]
    public async Task A_download_cut_short_is_told()
    {
        File.WriteAllBytes(Weights, File.ReadAllBytes(Weights)[..^1000]);
        await RefusedAsync<InvalidDataException>("model.safetensors", "fetch it again");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task A_file_without_a_whole_header_is_told(int length)
    {
        File.WriteAllBytes(Weights, File.ReadAllBytes(Weights)[..length]);
        await RefusedAsync<InvalidDataException>("model.safetensors", "fetch it again");
    }

    [Fact]
    public async Task A_missing_tensor_is_named()
    {
        EditHeader(header => header.Replace("layers.3.mlp.up_proj", "layers.3.mlp.xx_proj", StringComparison.Ordinal));
        await RefusedAsync<InvalidDataException>("model.layers.3.mlp.up_proj.weight", "missing");
    }

    [Fact]
    public async Task A_tensor_of_another_shape_is_named()
    {
        EditHeader(header => header.Replace("\"shape\":[512,64]", "\"shape\":[64,512]", StringComparison.Ordinal));
        await RefusedAsync<InvalidDataException>("model.embed_tokens.weight", "[64, 512]", "[512, 64]");
    }

    [Fact]
    public async Task A_shape_that_does_not_fit_the_bytes_is_told()
    {
        EditHeader(header => header.Replace("\"shape\":[512,64]", "\"shape\":[512,65]", StringComparison.Ordinal));
        await RefusedAsync<InvalidDataException>("model.embed_tokens.weight", "[512, 65]");
    }

    [Fact]
    public async Task A_tensor_listed_twice_is_named()
    {
        EditHeader(header => header.Replace("model.layers.9.layer_scalar", "model.layers.8.layer_scalar",
            StringComparison.Ordinal));
        await RefusedAsync<InvalidDataException>("model.layers.8.layer_scalar", "twice");
    }

    [Fact]
    public async Task A_tensor_type_that_cannot_be_read_is_named()
    {
        EditHeader(header => header.Replace("\"dtype\":\"BF16\",\"shape\":[512,64]",
            "\"dtype\":\"I8\",\"shape\":[512,64]", StringComparison.Ordinal));
        await RefusedAsync<InvalidDataException>("model.embed_tokens.weight", "I8");
    }

    [Fact]
    public async Task Damaged_headers_never_give_another_kind_of_error()
    {
        var random = new Random(20240607);
        var good = File.ReadAllBytes(Weights);
        var headerLength = (int)BitConverter.ToInt64(good);
        for (var round = 0; round < 60; round++)
        {
            var bad = (byte[])good.Clone();
            for (var i = 0; i < 3; i++)
            {
                bad[8 + random.Next(headerLength)] = (byte)random.Next(32, 127);
            }

            File.WriteAllBytes(Weights, bad);
            var error = await Record.ExceptionAsync(() => Gemma4ModelBuilder.BuildAsync(
                _checkpoint, _folder.Path("built"), new() { Overwrite = true }));
            Assert.True(error is null or InvalidDataException, $"round {round}: {error}");
        }
    }

    private async Task RefusedAsync<TException>(params string[] parts)
        where TException : Exception
    {
        var error = await Assert.ThrowsAsync<TException>(
            () => Gemma4ModelBuilder.BuildAsync(_checkpoint, _folder.Path("built")));
        foreach (var part in parts)
        {
            Assert.Contains(part, error.Message);
        }

        Assert.Equal([_checkpoint], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    private void EditConfig(Action<JsonNode> edit)
    {
        var path = Path.Combine(_checkpoint, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        edit(config);
        File.WriteAllText(path, config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private void EditHeader(Func<string, string> edit)
    {
        var bytes = File.ReadAllBytes(Weights);
        var length = (int)BitConverter.ToInt64(bytes);
        var before = Encoding.UTF8.GetString(bytes, 8, length);
        var compact = before.Replace(" ", "", StringComparison.Ordinal);
        var edited = edit(compact);
        Assert.NotEqual(compact, edited);
        var header = Encoding.UTF8.GetBytes(edited);
        File.WriteAllBytes(Weights, [.. BitConverter.GetBytes((long)header.Length), .. header, .. bytes[(8 + length)..]]);
    }
}
