using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Settings of one request. Every member is null by default, which leaves the value to the model's own generation
/// defaults. The JSON names are Semantic Kernel's, so the settings of a prompt file in JSON or YAML work as they are.
/// </summary>
/// <remarks>
/// No setting is ignored: a key in <see cref="PromptExecutionSettings.ExtensionData"/> that is not among the JSON names
/// fails the request with a <see cref="NotSupportedException"/> that names it.
/// </remarks>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class Gemma4PromptExecutionSettings : PromptExecutionSettings
{
    internal const string EnableThinkingKey = "enable_thinking";
    internal const string MinPKey = "min_p";
    internal const string RepetitionPenaltyKey = "repetition_penalty";

    // How much thought "on" allows when no effort says it.
    private const ReasoningEffort DefaultEffort = Microsoft.Extensions.AI.ReasoningEffort.Medium;

    /// <summary>Spread of the answers, 0 or more; 0 always takes the likeliest token.</summary>
    [JsonPropertyName("temperature")]
    public float? Temperature { get; set => field = IfNotFrozen(value); }

    /// <summary>Keeps the likeliest tokens that together reach this probability, above 0 up to 1; 1 keeps all.</summary>
    [JsonPropertyName("top_p")]
    public float? TopP { get; set => field = IfNotFrozen(value); }

    /// <summary>Keeps this many of the likeliest tokens; 0 keeps all.</summary>
    [JsonPropertyName("top_k")]
    public int? TopK { get; set => field = IfNotFrozen(value); }

    /// <summary>Drops tokens less likely than this share of the likeliest one, 0 to 1; 0 drops none.</summary>
    [JsonPropertyName(MinPKey)]
    public float? MinP { get; set => field = IfNotFrozen(value); }

    /// <summary>Divides the weight of tokens seen in the answer; above 0, and 1 changes nothing.</summary>
    [JsonPropertyName(RepetitionPenaltyKey)]
    public float? RepetitionPenalty { get; set => field = IfNotFrozen(value); }

    /// <summary>Taken off a token's weight once per occurrence in the answer; 0 changes nothing.</summary>
    [JsonPropertyName("frequency_penalty")]
    public float? FrequencyPenalty { get; set => field = IfNotFrozen(value); }

    /// <summary>Taken off the weight of every token that the answer holds; 0 changes nothing.</summary>
    [JsonPropertyName("presence_penalty")]
    public float? PresencePenalty { get; set => field = IfNotFrozen(value); }

    /// <summary>The same seed, prompt and settings give the same answer. Without one, two equal requests may differ.</summary>
    [JsonPropertyName("seed")]
    public long? Seed { get; set => field = IfNotFrozen(value); }

    /// <summary>Most new tokens per model call, 1 or more, thoughts included; null is as many as the context holds.</summary>
    [JsonPropertyName("max_tokens")]
    public int? MaxTokens { get; set => field = IfNotFrozen(value); }

    /// <summary>Texts that end the answer; they are not part of it. None may be empty.</summary>
    [JsonPropertyName("stop_sequences")]
    public IList<string>? StopSequences { get; set => field = IfNotFrozen(value); }

    /// <summary>
    /// Form of the answer. In JSON: <c>"text"</c>, <c>"json_object"</c>, a JSON schema, or an object with the member
    /// <c>type</c> as OpenAI writes it.
    /// </summary>
    [JsonPropertyName("response_format")]
    [JsonConverter(typeof(ResponseFormatConverter))]
    public ChatResponseFormat? ResponseFormat { get; set => field = IfNotFrozen(value); }

    /// <summary>
    /// How long the model may think before it answers: in JSON <c>none</c>, <c>low</c>, <c>medium</c>, <c>high</c> or
    /// <c>xhigh</c>. Null and none do not think. The token budgets are <see cref="Gemma4Options.ThinkingBudgets"/>.
    /// </summary>
    [JsonPropertyName("reasoning_effort")]
    [JsonConverter(typeof(ReasoningEffortConverter))]
    public ReasoningEffort? ReasoningEffort { get; set => field = IfNotFrozen(value); }

    /// <summary>
    /// True thinks with <see cref="ReasoningEffort"/>, or with medium effort when that is null; false does not think.
    /// Null leaves it to the effort. One that contradicts the effort is an <see cref="ArgumentException"/>.
    /// </summary>
    [JsonPropertyName(EnableThinkingKey)]
    public bool? EnableThinking { get; set => field = IfNotFrozen(value); }

    /// <summary>Put before the chat's own system message.</summary>
    [JsonPropertyName("chat_system_prompt")]
    public string? ChatSystemPrompt { get; set => field = IfNotFrozen(value); }

    /// <summary>
    /// Reads settings of any kind: null gives new ones, this type is returned as it is, and from others the members and
    /// extension data with known names are taken over. Unknown names are kept and fail the request.
    /// </summary>
    /// <exception cref="ArgumentException">A known name has a value that cannot be read; the message names it.</exception>
    public static Gemma4PromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? executionSettings) => executionSettings switch
    {
        null => new Gemma4PromptExecutionSettings(),
        Gemma4PromptExecutionSettings own => own,
        _ => ExecutionSettingsReader.Read(executionSettings),
    };

    /// <inheritdoc/>
    public override void Freeze()
    {
        if (IsFrozen)
        {
            return;
        }

        if (StopSequences is not null)
        {
            StopSequences = new ReadOnlyCollection<string>([.. StopSequences]);
        }

        base.Freeze();
    }

    /// <inheritdoc/>
    public override PromptExecutionSettings Clone() => new Gemma4PromptExecutionSettings
    {
        ModelId = ModelId,
        ServiceId = ServiceId,
        FunctionChoiceBehavior = FunctionChoiceBehavior,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        Seed = Seed,
        MaxTokens = MaxTokens,
        StopSequences = StopSequences is null ? null : [.. StopSequences],
        ResponseFormat = ResponseFormat,
        ReasoningEffort = ReasoningEffort,
        EnableThinking = EnableThinking,
        ChatSystemPrompt = ChatSystemPrompt,
    };

    /// <summary>The options of a request, without functions.</summary>
    internal ChatOptions ToChatOptions()
    {
        ChatOptions options = new() { ModelId = ModelId };
        Apply(options);
        return options;
    }

    /// <inheritdoc/>
    protected override void PrepareChatOptionsForRequest(ChatOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // The kernel's own conversion went through JSON and left what it does not know among the additional properties.
        foreach (string key in new[] { EnableThinkingKey, MinPKey, RepetitionPenaltyKey })
        {
            options.AdditionalProperties?.Remove(key);
        }

        Apply(options);
    }

    private void Apply(ChatOptions options)
    {
        if (ExtensionData is { Count: > 0 } unknown)
        {
            throw new NotSupportedException($"The execution setting '{unknown.Keys.First()}' is not known. Known are: {string.Join(", ", ExecutionSettingsReader.KnownKeys)}.");
        }

        options.Temperature = Temperature;
        options.TopP = TopP;
        options.TopK = TopK;
        options.FrequencyPenalty = FrequencyPenalty;
        options.PresencePenalty = PresencePenalty;
        options.Seed = Seed;
        options.MaxOutputTokens = MaxTokens;
        options.StopSequences = StopSequences is null ? null : [.. StopSequences];
        options.ResponseFormat = ResponseFormat;
        options.Instructions = ChatSystemPrompt;
        options.Reasoning = EffortOfRequest() is { } effort ? new ReasoningOptions { Effort = effort } : null;
        Add(options, MinPKey, MinP);
        Add(options, RepetitionPenaltyKey, RepetitionPenalty);
    }

    private static void Add(ChatOptions options, string key, float? value)
    {
        if (value is { } number)
        {
            (options.AdditionalProperties ??= [])[key] = number;
        }
    }

    private ReasoningEffort? EffortOfRequest()
    {
        bool? asked = ReasoningEffort is { } effort ? effort != Microsoft.Extensions.AI.ReasoningEffort.None : null;
        if (asked is not null && EnableThinking is not null && asked != EnableThinking)
        {
            throw new ArgumentException($"The execution settings contradict each other: enable_thinking is {EnableThinking} and reasoning_effort is {ReasoningEffort}. Set one of the two.");
        }

        return ReasoningEffort ?? EnableThinking switch
        {
            null => null,
            true => DefaultEffort,
            false => Microsoft.Extensions.AI.ReasoningEffort.None,
        };
    }

    private T IfNotFrozen<T>(T value)
    {
        ThrowIfFrozen();
        return value;
    }
}
