using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>Reads the body of <c>POST /v1/chat/completions</c>; every member is used or refused.</summary>
internal static class ChatRequestReader
{
    private const int MostStops = 16;

    public static ChatRequest Read(JsonElement body, string modelId)
    {
        RequestObject request = new(body);
        ModelsEndpoint.Expect(request, modelId);
        List<ChatMessage> messages = MessageReader.Read(request);
        ChatOptions options = new()
        {
            Temperature = request.Number("temperature", 0, 2),
            TopP = request.Number("top_p", 0, 1),
            TopK = request.Integer("top_k", 1),
            FrequencyPenalty = request.Number("frequency_penalty", -2, 2),
            PresencePenalty = request.Number("presence_penalty", -2, 2),
            Seed = request.Long("seed"),
            MaxOutputTokens = request.Integer("max_completion_tokens", 1) ?? request.Integer("max_tokens", 1),
            StopSequences = StopsOf(request),
            Reasoning = ReasoningOf(request),
            ResponseFormat = ResponseFormatReader.Read(request, out bool isStrict),
        };
        ToolReader.Read(request, options, ref isStrict);
        if (isStrict)
        {
            (options.AdditionalProperties ??= [])["strict"] = true;
        }

        foreach (string name in new[] { "min_p", "repetition_penalty" })
        {
            if (request.Number(name, 0, 10) is { } number)
            {
                (options.AdditionalProperties ??= [])[name] = number;
            }
        }

        bool stream = request.Flag("stream") ?? false;
        RequestObject? streamOptions = request.Object("stream_options");
        bool includeUsage = streamOptions?.Flag("include_usage") ?? false;
        streamOptions?.RefuseTheRest();
        if (streamOptions is not null && !stream)
        {
            throw ApiException.Invalid("stream_options", "it needs 'stream': true.");
        }

        // Both names of the limit may be there; asked for above only until one was found.
        request.Member("max_tokens");
        request.Only("n", value => IsNumber(value, 1), "This server gives one choice; send the request again for another.");
        request.Only("logprobs", value => value.ValueKind == JsonValueKind.False, "Leave it out, or send false.");
        request.Only("store", value => value.ValueKind == JsonValueKind.False, "This server keeps nothing.");
        request.RefuseTheRest();
        return new ChatRequest(messages, options, stream, includeUsage);
    }

    private static bool IsNumber(JsonElement value, int number) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int given) && given == number;

    private static List<string>? StopsOf(RequestObject request)
    {
        if (request.Member("stop") is not { } stop)
        {
            return null;
        }

        List<string> stops = stop.ValueKind switch
        {
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => [.. stop.EnumerateArray().Select(item => item.GetString()!)],
            _ => throw ApiException.Invalid("stop", "it must be a string or an array of strings."),
        };
        return stops.Count <= MostStops && !stops.Contains("") ? stops : throw ApiException.Invalid("stop", $"at most {MostStops} strings, none of them empty.");
    }

    // OpenAI's member, and the one that vLLM hands to the chat template.
    private static ReasoningOptions? ReasoningOf(RequestObject request)
    {
        ReasoningEffort? effort = request.Text("reasoning_effort") switch
        {
            null => null,
            "none" => ReasoningEffort.None,
            "minimal" or "low" => ReasoningEffort.Low,
            "medium" => ReasoningEffort.Medium,
            "high" => ReasoningEffort.High,
            "xhigh" => ReasoningEffort.ExtraHigh,
            _ => throw ApiException.Invalid("reasoning_effort", "it must be none, minimal, low, medium, high or xhigh."),
        };
        RequestObject? template = request.Object("chat_template_kwargs");
        if (template?.Flag("enable_thinking") is { } think)
        {
            effort ??= think ? ReasoningEffort.Medium : ReasoningEffort.None;
        }

        template?.RefuseTheRest();
        return effort is null ? null : new ReasoningOptions { Effort = effort };
    }
}
