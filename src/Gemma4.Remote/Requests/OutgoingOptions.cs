using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace Gemma4.Remote.Requests;

/// <summary>
/// Turns the options that an application uses with the model in process into those of a server: every member is sent or
/// refused with a sentence that names it.
/// </summary>
internal static class OutgoingOptions
{
    private const string MinPKey = "min_p";
    private const string RepetitionPenaltyKey = "repetition_penalty";
    private const string StrictKey = "strict";
    private const string AdapterKey = "adapter";
    private const string BodyKey = "extra_body";

    public static ChatOptions For(ChatOptions? given, string model, RemoteThinking thinking, IChatClient client)
    {
        given ??= new ChatOptions();
        Refuse(given);
        ChatOptions options = given.Clone();

        // Each endpoint has its own name for the model; servers list adapters as models.
        string? adapter = AdapterOf(given);
        options.ModelId = adapter ?? (given.ModelId == model ? null : given.ModelId);
        options.TopK = null;
        options.AdditionalProperties = given.AdditionalProperties?.TryGetValue(StrictKey, out object? strict) == true ? new() { [StrictKey] = strict } : null;
        List<(string Path, byte[] Json)> extras = ExtrasOf(given);
        if (thinking == RemoteThinking.ChatTemplate && given.Reasoning?.Effort is { } effort)
        {
            options.Reasoning = null;
            extras.Add(("$.chat_template_kwargs", Encoding.UTF8.GetBytes(effort == ReasoningEffort.None ? """{"enable_thinking":false}""" : """{"enable_thinking":true}""")));
        }

        Func<IChatClient, object?>? inner = given.RawRepresentationFactory;
        options.RawRepresentationFactory = _ => Raw(inner?.Invoke(client), extras);
        return options;
    }

    private static void Refuse(ChatOptions options)
    {
        if (options.ConversationId is not null)
        {
            throw Refusal(nameof(options.ConversationId), "the servers keep no conversations; send the whole history in messages");
        }

        if (options.AllowBackgroundResponses == true || options.ContinuationToken is not null)
        {
            throw Refusal(nameof(options.AllowBackgroundResponses), "a response runs while it is read; leave it and ContinuationToken unset");
        }

        if (options.Reasoning?.Output is not (null or ReasoningOutput.Full or ReasoningOutput.None))
        {
            throw Refusal($"Reasoning.Output {options.Reasoning.Output}", "thoughts come out whole (Full) or not at all (None)");
        }

        if (options.Tools?.FirstOrDefault(tool => tool is not AIFunctionDeclaration) is { } tool)
        {
            throw new NotSupportedException($"Tool '{tool.Name}' is a {tool.GetType().Name}; only functions (AIFunctionDeclaration) can be declared to the model. Remove it, or wrap it in an AIFunction.");
        }

        foreach (string key in options.AdditionalProperties?.Keys ?? [])
        {
            if (key is not (MinPKey or RepetitionPenaltyKey or StrictKey or AdapterKey or BodyKey))
            {
                throw Refusal($"AdditionalProperties[\"{key}\"]", $"the keys understood are {MinPKey}, {RepetitionPenaltyKey}, {StrictKey}, {AdapterKey} and {BodyKey}, whose members are sent as they are");
            }
        }
    }

    private static NotSupportedException Refusal(string member, string wayOut) => new($"ChatOptions.{member} is not supported: {wayOut}.");

    private static string? AdapterOf(ChatOptions options) => options.AdditionalProperties?.GetValueOrDefault(AdapterKey) switch
    {
        null => null,
        string name => name,
        JsonElement { ValueKind: JsonValueKind.String } name => name.GetString(),
        { } other => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{AdapterKey}\"] is '{other}'; it must be the name that the server lists the adapter by."),
    };

    // What vLLM, SGLang and llama.cpp read beside OpenAI's own members.
    private static List<(string Path, byte[] Json)> ExtrasOf(ChatOptions options)
    {
        List<(string, byte[])> extras = [];
        if (options.TopK is { } topK)
        {
            extras.Add(("$.top_k", Number(topK)));
        }

        foreach (string key in new[] { MinPKey, RepetitionPenaltyKey })
        {
            if (options.AdditionalProperties?.GetValueOrDefault(key) is { } value)
            {
                extras.Add(($"$.{key}", Number(NumberOf(key, value))));
            }
        }

        foreach ((string name, JsonNode? value) in BodyOf(options))
        {
            if (name.Length == 0 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
            {
                throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{BodyKey}\"] has a member '{name}'; names are letters, digits and underscores.");
            }

            extras.Add(($"$.{name}", Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "null")));
        }

        return extras;
    }

    private static JsonObject BodyOf(ChatOptions options) => options.AdditionalProperties?.GetValueOrDefault(BodyKey) switch
    {
        null => [],
        JsonObject body => body,
        JsonElement { ValueKind: JsonValueKind.Object } body => JsonObject.Create(body)!,
        IDictionary<string, object?> body => JsonSerializer.SerializeToNode(body, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)))!.AsObject(),
        { } other => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{BodyKey}\"] is a {other.GetType()}; it must be a JsonObject, a JsonElement or a dictionary."),
    };

    private static ChatCompletionOptions Raw(object? given, List<(string Path, byte[] Json)> extras)
    {
        ChatCompletionOptions raw = given switch
        {
            null => new ChatCompletionOptions(),
            ChatCompletionOptions options => options,
            { } other => throw Refusal("RawRepresentationFactory", $"it returned a {other.GetType()}; return an OpenAI ChatCompletionOptions"),
        };
        foreach ((string path, byte[] json) in extras)
        {
            raw.Patch.Set(Encoding.UTF8.GetBytes(path), json);
        }

        return raw;
    }

    private static byte[] Number(double value) => Encoding.UTF8.GetBytes(value.ToString("R", CultureInfo.InvariantCulture));

    private static double NumberOf(string key, object value) => value switch
    {
        JsonElement { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        // Through decimal, so that 0.1f is sent as 0.1.
        float number => (double)(decimal)number,
        double or int or long or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        _ => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{key}\"] is '{value}'; it must be a number."),
    };
}
