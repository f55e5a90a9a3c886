using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Testing;

/// <summary>The functions of the chat client suite.</summary>
internal static class ConformanceTools
{
    private const int UnusualCount = 29;

    private static readonly string[] UnusualSchemas =
    [
        """{"type":"object","properties":{"a":true},"additionalProperties":false}""",
        """{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"a":{"type":"string","default":"x"}}}""",
        """{"type":"object","properties":{}}""",
        """{}""",
        """{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]},"b":{"type":["integer","null"]}},"required":["a"]}""",
        """{"type":"object","properties":{"a":{"$ref":"#/$defs/node"}},"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}}""",
        """{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","additionalProperties":{"type":"number"}}},"b":{"enum":["x",1,null]}}}""",
    ];

    public static AITool Declaration { get; } = Add(() => { }).AsDeclarationOnly();

    public static IEnumerable<AITool> Unusual()
    {
        for (var i = 0; i < UnusualCount; i++)
        {
            var schema = JsonElement.Parse(UnusualSchemas[i % UnusualSchemas.Length]);
            yield return AIFunctionFactory.CreateDeclaration(string.Create(CultureInfo.InvariantCulture, $"server-tool_{i}"), "Does something.", schema);
        }
    }

    /// <summary>The response must be one call of add with 17 and 25.</summary>
    public static FunctionCallContent ExpectCall(ChatResponse response)
    {
        List<FunctionCallContent> calls = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
        Expect.Equal(1, calls.Count, "The number of calls");
        Expect.True(calls[0].Name == "add", $"The function called must be add; it is '{calls[0].Name}'.");
        Expect.True(!string.IsNullOrEmpty(calls[0].CallId), "A call must have an id.");
        var sum = calls[0].Arguments?.Values.Sum(value => Convert.ToDouble(value?.ToString(), CultureInfo.InvariantCulture));
        Expect.True(sum == 42, $"The arguments must be 17 and 25; their sum is {sum}.");
        return calls[0];
    }

    public static AIFunction Add(Action onCall) => AIFunctionFactory.Create(
        ([Description("The first number")] double a, [Description("The second number")] double b) =>
        {
            onCall();
            return a + b;
        },
        "add",
        "Adds two numbers.");
}
