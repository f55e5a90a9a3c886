using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary><c>POST /v1/embeddings</c>, with the registered generator.</summary>
internal static class EmbeddingsEndpoint
{
    private const int MostTexts = 2048;

    public static async Task HandleAsync(HttpContext context, IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        string modelId = generator.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelId!;
        using JsonDocument body = await RequestBody.ReadAsync(context);
        RequestObject request = new(body.RootElement);
        ModelsEndpoint.Expect(request, modelId);
        List<string> texts = TextsOf(request);
        EmbeddingGenerationOptions options = new() { Dimensions = request.Integer("dimensions", 1) };
        string format = request.Text("encoding_format") ?? "float";
        if (format is not ("float" or "base64"))
        {
            throw ApiException.Invalid("encoding_format", "it must be float or base64.");
        }

        request.RefuseTheRest();
        GeneratedEmbeddings<Embedding<float>> embeddings = await EmbedAsync(generator, texts, options, context.RequestAborted);
        long tokens = embeddings.Usage?.InputTokenCount ?? 0;
        await context.Response.WriteAsJsonAsync(
            new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. embeddings.Select((embedding, index) => Entry(embedding, index, format == "base64"))]),
                ["model"] = modelId,
                ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
            },
            context.RequestAborted);
    }

    // A generator knows its own bounds, and says so with the names of its parameters.
    private static async Task<GeneratedEmbeddings<Embedding<float>>> EmbedAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, List<string> texts, EmbeddingGenerationOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await generator.GenerateAsync(texts, options, cancellationToken);
        }
        catch (ArgumentException refused) when (refused.ParamName is "options" or "values")
        {
            throw ApiException.Invalid(refused.ParamName == "options" ? "dimensions" : "input", ApiErrors.Sentence(refused));
        }
    }

    private static List<string> TextsOf(RequestObject request)
    {
        JsonElement input = request.Member("input") ?? throw ApiException.Missing("input");
        List<string> texts = input.ValueKind switch
        {
            JsonValueKind.String => [input.GetString()!],
            JsonValueKind.Array when input.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => [.. input.EnumerateArray().Select(item => item.GetString()!)],
            _ => throw ApiException.Unsupported("input", "Send a string or an array of strings; token ids are not known."),
        };
        return texts.Count is >= 1 and <= MostTexts && texts.TrueForAll(text => text.Length > 0)
            ? texts
            : throw ApiException.Invalid("input", $"from 1 to {MostTexts} texts, none of them empty.");
    }

    private static JsonObject Entry(Embedding<float> embedding, int index, bool asBase64) => new()
    {
        ["object"] = "embedding",
        ["index"] = index,

        // The bytes of little-endian floats, as OpenAI's clients expect them.
        ["embedding"] = asBase64
            ? Convert.ToBase64String(MemoryMarshal.AsBytes(embedding.Vector.Span))
            : new JsonArray([.. embedding.Vector.ToArray().Select(value => JsonValue.Create(value))]),
    };
}
