using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary><c>GET /v1/models</c>: the chat model and the embedding model.</summary>
internal static class ModelsEndpoint
{
    public static IResult List(IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings) =>
        Results.Json(new JsonObject { ["object"] = "list", ["data"] = new JsonArray([.. Ids(chat, embeddings).Select(Model)]) });

    public static IResult Get(string id, IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings) =>
        Ids(chat, embeddings).Contains(id) ? Results.Json(Model(id)) : throw Unknown(id);

    /// <summary>Refuses a request that asks for another model.</summary>
    public static void Expect(RequestObject request, string modelId)
    {
        string asked = request.RequiredText("model");
        if (asked != modelId)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "model_not_found",
                "model",
                $"The model '{asked}' does not exist at this address, which serves '{modelId}'; GET /v1/models lists all.");
        }
    }

    private static ApiException Unknown(string id) =>
        new(StatusCodes.Status404NotFound, "model_not_found", "model", $"The model '{id}' does not exist here; GET /v1/models lists those that do.");

    private static string[] Ids(IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings) =>
        [chat.GetRequiredService<ChatClientMetadata>().DefaultModelId!, embeddings.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelId!];

    private static JsonObject Model(string id) => new() { ["id"] = id, ["object"] = "model", ["created"] = 0, ["owned_by"] = "local" };
}
