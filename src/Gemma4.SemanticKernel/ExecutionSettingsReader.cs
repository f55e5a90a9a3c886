using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Reads settings that are not of the own type. Values come from code, JSON and YAML, so a number may be text and a
/// list may be of any kind. Names are compared without regard to case, as the kernel does.
/// </summary>
internal static class ExecutionSettingsReader
{
    private static readonly Dictionary<string, Action<Gemma4PromptExecutionSettings, string, object>> Setters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["temperature"] = (s, key, value) => s.Temperature = Number<float>(key, value),
        ["top_p"] = (s, key, value) => s.TopP = Number<float>(key, value),
        ["top_k"] = (s, key, value) => s.TopK = Number<int>(key, value),
        [Gemma4PromptExecutionSettings.MinPKey] = (s, key, value) => s.MinP = Number<float>(key, value),
        [Gemma4PromptExecutionSettings.RepetitionPenaltyKey] = (s, key, value) => s.RepetitionPenalty = Number<float>(key, value),
        ["frequency_penalty"] = (s, key, value) => s.FrequencyPenalty = Number<float>(key, value),
        ["presence_penalty"] = (s, key, value) => s.PresencePenalty = Number<float>(key, value),
        ["seed"] = (s, key, value) => s.Seed = Number<long>(key, value),
        ["max_tokens"] = (s, key, value) => s.MaxTokens = Number<int>(key, value),
        ["stop_sequences"] = (s, key, value) => s.StopSequences = Texts(key, value),
        ["response_format"] = (s, _, value) => s.ResponseFormat = ResponseFormatConverter.From(value),
        ["reasoning_effort"] = (s, _, value) => s.ReasoningEffort = ReasoningEffortConverter.From(Text(value) ?? value.ToString()!),
        [Gemma4PromptExecutionSettings.EnableThinkingKey] = (s, key, value) => s.EnableThinking = Flag(key, value),
        ["chat_system_prompt"] = (s, key, value) => s.ChatSystemPrompt = Text(value) ?? throw Unreadable(key, value, "a text"),
    };

    public static IEnumerable<string> KnownKeys => Setters.Keys;

    public static Gemma4PromptExecutionSettings Read(PromptExecutionSettings settings)
    {
        Gemma4PromptExecutionSettings result = new()
        {
            ModelId = settings.ModelId,
            ServiceId = settings.ServiceId,
            // Kept as it is: a way through JSON would lose autoInvoke and functions from outside the kernel.
            FunctionChoiceBehavior = settings.FunctionChoiceBehavior,
        };
        foreach ((string key, object? value) in EntriesOf(settings))
        {
            if (value is null or JsonElement { ValueKind: JsonValueKind.Null })
            {
                continue;
            }

            if (Setters.TryGetValue(key, out var set))
            {
                set(result, key, value);
            }
            else
            {
                (result.ExtensionData ??= new Dictionary<string, object>())[key] = value;
            }
        }

        return result;
    }

    private static IEnumerable<KeyValuePair<string, object?>> EntriesOf(PromptExecutionSettings settings)
    {
        if (settings.GetType() == typeof(PromptExecutionSettings))
        {
            return settings.ExtensionData?.Select(entry => KeyValuePair.Create(entry.Key, (object?)entry.Value)) ?? [];
        }

        // Another connector's settings: its JSON has the names, also those of its extension data.
        JsonElement json = JsonSerializer.SerializeToElement(settings, AIJsonUtilities.DefaultOptions.GetTypeInfo(settings.GetType()));
        return json.EnumerateObject()
            .Where(member => member.Name is not ("service_id" or "model_id" or "function_choice_behavior"))
            .Select(member => KeyValuePair.Create(member.Name, (object?)member.Value));
    }

    private static T Number<T>(string key, object value)
        where T : struct, IConvertible
    {
        object source = value is JsonElement { ValueKind: JsonValueKind.Number } json ? json.GetDecimal() : Text(value) ?? value;
        try
        {
            decimal number = Convert.ToDecimal(source, CultureInfo.InvariantCulture);
            bool mustBeWhole = typeof(T) != typeof(float);
            return mustBeWhole && number != decimal.Truncate(number)
                ? throw Unreadable(key, value, "a whole number")
                : (T)Convert.ChangeType(number, typeof(T), CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FormatException or InvalidCastException or OverflowException)
        {
            throw Unreadable(key, value, "a number in range");
        }
    }

    private static bool Flag(string key, object value) => value switch
    {
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True } => true,
        JsonElement { ValueKind: JsonValueKind.False } => false,
        _ => bool.TryParse(Text(value), out bool flag) ? flag : throw Unreadable(key, value, "true or false"),
    };

    private static List<string> Texts(string key, object value)
    {
        IEnumerable<object?>? items = value switch
        {
            JsonElement { ValueKind: JsonValueKind.Array } array => array.EnumerateArray().Cast<object?>(),
            string or JsonElement => null,
            IEnumerable list => list.Cast<object?>(),
            _ => null,
        };
        return items is null
            ? throw Unreadable(key, value, "a list of texts")
            : [.. items.Select(item => item is not null && Text(item) is { } text ? text : throw Unreadable(key, value, "a list of texts"))];
    }

    private static string? Text(object value) => value switch
    {
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString(),
        _ => null,
    };

    private static ArgumentException Unreadable(string key, object value, string expected) =>
        new($"The execution setting '{key}' is '{value}'; it must be {expected}.");
}
