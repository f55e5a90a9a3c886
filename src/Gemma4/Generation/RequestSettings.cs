using System.Globalization;
using System.Text.Json;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints;
using Microsoft.Extensions.AI;

namespace Gemma4.Generation;

/// <summary>
/// <see cref="ChatOptions"/> read once, before anything runs: every member is used or refused with a sentence that names
/// it.
/// </summary>
internal sealed record RequestSettings
{
    private const string MinPKey = "min_p";
    private const string RepetitionPenaltyKey = "repetition_penalty";
    private const string AdapterKey = "adapter";
    private const string ConstraintKey = "constraint";
    private const string StrictKey = "strict";
    private const string PriorityKey = "priority";

    // Objects and arrays only: free to choose, a small model puts its prose into one JSON string.
    private static readonly JsonElement StructuredJson = JsonElement.Parse("""{"type":["object","array"]}""");

    /// <summary>Sampling set by the request; null members fall back to the model's generation defaults.</summary>
    public required Func<SamplingSettings, SamplingSettings> ApplySampling { get; init; }

    public required IReadOnlyList<AIFunctionDeclaration> Tools { get; init; }

    public required bool EnableThinking { get; init; }

    public required bool ReturnThoughts { get; init; }

    public required int ThinkingBudget { get; init; }

    public required int? MaxOutputTokens { get; init; }

    public required IReadOnlyList<string> StopSequences { get; init; }

    /// <summary>Null and Auto leave it to the model whether it calls a tool.</summary>
    public required ChatToolMode? ToolMode { get; init; }

    public required bool SingleToolCall { get; init; }

    /// <summary>What a text answer must look like; null for any text.</summary>
    public required Gemma4Constraint? Answer { get; init; }

    /// <summary>True refuses schemas that cannot be enforced as a whole; false enforces the rest and logs a warning.</summary>
    public required bool IsStrict { get; init; }

    public required string? Instructions { get; init; }

    /// <summary>File of the LoRA adapter to run with; null for the model as it is.</summary>
    public required string? AdapterFile { get; init; }

    /// <summary>Place in the queue: higher ones start first, 0 where nothing was said.</summary>
    public required int Priority { get; init; }

    public static RequestSettings From(ChatOptions? chatOptions, Gemma4Options options, IChatClient client, string modelId, ConstraintCache constraints)
    {
        chatOptions ??= new ChatOptions();
        Refuse(chatOptions, modelId);
        bool think = chatOptions.Reasoning?.Effort is not (null or ReasoningEffort.None);
        List<AIFunctionDeclaration> tools = chatOptions.ToolMode is NoneChatToolMode ? [] : FunctionsOf(chatOptions.Tools);
        CheckRequired(chatOptions.ToolMode as RequiredChatToolMode, tools);
        object? raw = chatOptions.RawRepresentationFactory?.Invoke(client);
        bool strict = FlagOf(StrictKey, chatOptions.AdditionalProperties?.GetValueOrDefault(StrictKey));
        return new RequestSettings
        {
            ApplySampling = SamplingOf(chatOptions, raw),
            Tools = tools,
            ToolMode = chatOptions.ToolMode,
            Answer = AnswerOf(chatOptions, raw, strict, constraints),
            IsStrict = strict,
            EnableThinking = think,
            ReturnThoughts = ReturnThoughtsOf(chatOptions.Reasoning),
            ThinkingBudget = think ? BudgetOf(chatOptions.Reasoning!.Effort!.Value, options.ThinkingBudgets) : int.MaxValue,
            MaxOutputTokens = chatOptions.MaxOutputTokens is not < 1
                ? chatOptions.MaxOutputTokens
                : throw new ArgumentOutOfRangeException(nameof(chatOptions), chatOptions.MaxOutputTokens, "ChatOptions.MaxOutputTokens must be 1 or more, or null for as many as the context holds."),
            StopSequences = StopSequencesOf(chatOptions.StopSequences),
            SingleToolCall = chatOptions.AllowMultipleToolCalls == false,
            Instructions = chatOptions.Instructions,
            AdapterFile = AdapterOf(chatOptions, options),
            Priority = PriorityOf(chatOptions.AdditionalProperties?.GetValueOrDefault(PriorityKey)),
        };
    }

    private static void Refuse(ChatOptions options, string modelId)
    {
        if (options.ModelId is { } asked && asked != modelId)
        {
            throw new InvalidOperationException($"This client runs model '{modelId}' and ChatOptions.ModelId asks for '{asked}'. Leave ModelId unset, or register a second client for that model.");
        }

        if (options.ConversationId is not null)
        {
            throw Refusal(nameof(ChatOptions.ConversationId), "the client keeps no conversations; send the whole history in messages");
        }

        if (options.AllowBackgroundResponses == true)
        {
            throw Refusal(nameof(ChatOptions.AllowBackgroundResponses), "a response runs in this process while it is read; leave it unset");
        }

        if (options.ContinuationToken is not null)
        {
            throw Refusal(nameof(ChatOptions.ContinuationToken), "a response runs in this process while it is read; leave it unset");
        }

    }

    private static void CheckRequired(RequiredChatToolMode? mode, List<AIFunctionDeclaration> tools)
    {
        if (mode is null)
        {
            return;
        }

        if (tools.Count == 0)
        {
            throw new ArgumentException("ChatOptions.ToolMode requires a tool call, and ChatOptions.Tools is empty. Add the tools, or leave ToolMode at Auto.");
        }

        if (mode.RequiredFunctionName is { } name && !tools.Exists(tool => tool.Name == name))
        {
            throw new ArgumentException($"ChatOptions.ToolMode requires a call of '{name}', and ChatOptions.Tools has only {string.Join(", ", tools.Select(tool => tool.Name))}. Add that tool, or require one of these.");
        }
    }

    private static Gemma4Constraint? AnswerOf(ChatOptions options, object? raw, bool strict, ConstraintCache constraints)
    {
        Gemma4Constraint? format = options.ResponseFormat switch
        {
            null or ChatResponseFormatText => null,
            ChatResponseFormatJson json => constraints.FormatOf(json.Schema ?? StructuredJson, strict),
            { } other => throw Refusal($"ResponseFormat {other.GetType().Name}", "use Text, Json or a JSON schema"),
        };
        Gemma4Constraint? fromKey = options.AdditionalProperties?.GetValueOrDefault(ConstraintKey) switch
        {
            null => null,
            Gemma4Constraint constraint => constraint,
            { } other => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{ConstraintKey}\"] is a {other.GetType()}; it must be a {nameof(Gemma4Constraint)}."),
        };
        Gemma4Constraint?[] given = [format, fromKey, raw as Gemma4Constraint];
        return given.Count(constraint => constraint is not null) <= 1
            ? given.FirstOrDefault(constraint => constraint is not null)
            : throw new ArgumentException($"ChatOptions constrains the answer more than once: give only one of ResponseFormat, AdditionalProperties[\"{ConstraintKey}\"] and a {nameof(Gemma4Constraint)} from RawRepresentationFactory.");
    }

    private static NotSupportedException Refusal(string member, string wayOut) =>
        new($"ChatOptions.{member} is not supported: {wayOut}.");

    private static List<AIFunctionDeclaration> FunctionsOf(IList<AITool>? tools)
    {
        List<AIFunctionDeclaration> functions = [];
        HashSet<string> names = [];
        foreach (AITool tool in tools ?? [])
        {
            if (tool is null)
            {
                throw new ArgumentException("ChatOptions.Tools holds null. Remove it.");
            }

            AIFunctionDeclaration function = tool as AIFunctionDeclaration
                ?? throw new NotSupportedException($"Tool '{tool.Name}' is a {tool.GetType().Name}; only functions (AIFunctionDeclaration) can be declared to the model. Remove it, or wrap it in an AIFunction.");
            if (!names.Add(function.Name))
            {
                throw new ArgumentException($"ChatOptions.Tools holds two tools named '{function.Name}'; the model could not tell them apart. Rename one.");
            }

            functions.Add(function);
        }

        return functions;
    }

    private static bool ReturnThoughtsOf(ReasoningOptions? reasoning) => reasoning?.Output switch
    {
        null or ReasoningOutput.Full => true,
        ReasoningOutput.None => false,
        { } other => throw Refusal($"Reasoning.Output {other}", "thoughts come out whole (Full) or not at all (None)"),
    };

    private static int BudgetOf(ReasoningEffort effort, ThinkingBudgets budgets) => effort switch
    {
        ReasoningEffort.Low => budgets.Low,
        ReasoningEffort.Medium => budgets.Medium,
        ReasoningEffort.High => budgets.High,
        ReasoningEffort.ExtraHigh => budgets.ExtraHigh,
        _ => throw Refusal($"Reasoning.Effort {effort}", "use None, Low, Medium, High or ExtraHigh"),
    } ?? int.MaxValue;

    private static List<string> StopSequencesOf(IList<string>? sequences)
    {
        List<string> result = [];
        foreach (string sequence in sequences ?? [])
        {
            if (string.IsNullOrEmpty(sequence))
            {
                throw new ArgumentException("ChatOptions.StopSequences holds an empty string, which would stop every answer at once. Remove it.");
            }

            result.Add(sequence);
        }

        return result;
    }

    private static Func<SamplingSettings, SamplingSettings> SamplingOf(ChatOptions options, object? rawRepresentation)
    {
        SamplingSettings? raw = rawRepresentation switch
        {
            null or Gemma4Constraint => null,
            SamplingSettings settings => settings,
            { } other => throw Refusal("RawRepresentationFactory", $"it returned a {other.GetType()}; return a {nameof(SamplingSettings)} or a {nameof(Gemma4Constraint)}"),
        };
        float? minP = null;
        float? repetitionPenalty = null;
        foreach ((string key, object? value) in options.AdditionalProperties ?? [])
        {
            switch (key)
            {
                case MinPKey:
                    minP = NumberOf(key, value);
                    break;
                case RepetitionPenaltyKey:
                    repetitionPenalty = NumberOf(key, value);
                    break;
                case AdapterKey or ConstraintKey or StrictKey or PriorityKey:
                    break;
                default:
                    throw Refusal($"AdditionalProperties[\"{key}\"]", $"the keys understood are {MinPKey}, {RepetitionPenaltyKey}, {AdapterKey}, {ConstraintKey}, {StrictKey} and {PriorityKey}");
            }
        }

        // Copied: the caller may change its options before it reads the stream.
        float? temperature = options.Temperature;
        int? topK = options.TopK;
        float? topP = options.TopP;
        float? frequencyPenalty = options.FrequencyPenalty;
        float? presencePenalty = options.PresencePenalty;
        long? seed = options.Seed;

        SamplingSettings Apply(SamplingSettings defaults)
        {
            SamplingSettings start = raw ?? defaults;
            return start with
            {
                Temperature = temperature ?? start.Temperature,
                TopK = topK ?? start.TopK,
                TopP = topP ?? start.TopP,
                MinP = minP ?? start.MinP,
                RepetitionPenalty = repetitionPenalty ?? start.RepetitionPenalty,
                FrequencyPenalty = frequencyPenalty ?? start.FrequencyPenalty,
                PresencePenalty = presencePenalty ?? start.PresencePenalty,
                Seed = seed ?? start.Seed,
            };
        }

        // Out-of-range values must fail at the call, before a model is loaded.
        Apply(new SamplingSettings()).Validate();
        return Apply;
    }

    private static string? AdapterOf(ChatOptions chatOptions, Gemma4Options options)
    {
        object? value = chatOptions.AdditionalProperties?.GetValueOrDefault(AdapterKey);
        string? name = value is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString() : value as string;
        if (value is not null && name is null)
        {
            throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{AdapterKey}\"] is '{value}'; it must be a name from Gemma4Options.Adapters.");
        }

        return name is null ? null
            : options.Adapters.TryGetValue(name, out string? file) ? file
            : throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{AdapterKey}\"] is '{name}', and Gemma4Options.Adapters has {(options.Adapters.Count == 0 ? "no entries" : "only " + string.Join(", ", options.Adapters.Keys.Order(StringComparer.Ordinal)))}. Add the adapter's file there under that name.");
    }

    private static int PriorityOf(object? value) => value switch
    {
        null => 0,
        int number => number,
        long number and >= int.MinValue and <= int.MaxValue => (int)number,
        JsonElement { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int whole) => whole,
        string text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) => number,
        _ => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{PriorityKey}\"] is '{value}'; it must be a whole number."),
    };

    private static bool FlagOf(string key, object? value) => value switch
    {
        null => false,
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } flag => flag.GetBoolean(),
        _ => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{key}\"] is '{value}'; it must be true or false."),
    };

    private static float NumberOf(string key, object? value) => value switch
    {
        float number => number,
        double number => (float)number,
        int number => number,
        long number => number,
        decimal number => (float)number,
        JsonElement { ValueKind: JsonValueKind.Number } number => number.GetSingle(),
        string text when float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) => number,
        _ => throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{key}\"] is '{value}'; it must be a number."),
    };
}
