using System.Reflection;
using System.Text;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Client;

public class ChatOptionsSupportTests
{
    private sealed record Row(string Member, bool Honoured, string Meaning, Action<ChatOptions> Set);

    private static readonly Row[] Table =
    [
        new("Instructions", true, "first system turn, before a system message that is already there", o => o.Instructions = "Be brief."),
        new("Temperature", true, "0 is greedy; the default is the model's", o => o.Temperature = 0.5f),
        new("TopK", true, "0 is off; the default is the model's", o => o.TopK = 5),
        new("TopP", true, "the default is the model's", o => o.TopP = 0.5f),
        new("FrequencyPenalty", true, "per occurrence in the answer so far", o => o.FrequencyPenalty = 0.5f),
        new("PresencePenalty", true, "once per token in the answer so far", o => o.PresencePenalty = 0.5f),
        new("Seed", true, "same seed and same logits, same ids", o => o.Seed = 1),
        new("MaxOutputTokens", true, "no hidden cap; the default is what the context has left", o => o.MaxOutputTokens = 5),
        new("StopSequences", true, "across token borders; not part of the answer", o => o.StopSequences = ["zzz"]),
        new("Tools", true, "functions; other kinds of tool are refused by name", o => o.Tools = [AIFunctionFactory.CreateDeclaration("f", "F.", AIFunctionFactory.Create(() => 1).JsonSchema)]),
        new("ToolMode Auto", true, "free text; a call, once begun, is one of a declared tool with arguments of its schema", o => o.ToolMode = ChatToolMode.Auto),
        new("ToolMode Required", true, "the answer is a call, of the named tool if one is named", RequireCall),
        new("ToolMode None", true, "declares no tools and forbids the marker of a call", o => o.ToolMode = ChatToolMode.None),
        new("AllowMultipleToolCalls", true, "false ends the answer after the first call", o => o.AllowMultipleToolCalls = false),
        new("Reasoning.Effort", true, "null or None is off; the others differ in the thought budget", o => o.Reasoning = new() { Effort = ReasoningEffort.Low }),
        new("Reasoning.Output Full, None", true, "None makes thoughts and keeps them back", o => o.Reasoning = new() { Effort = ReasoningEffort.Low, Output = ReasoningOutput.None }),
        new("Reasoning.Output Summary", false, "thoughts come whole or not at all", o => o.Reasoning = new() { Output = ReasoningOutput.Summary }),
        new("ResponseFormat Text", true, "any text", o => o.ResponseFormat = ChatResponseFormat.Text),
        new("ResponseFormat Json", true, "a JSON object or array; with a schema, JSON that it accepts, without keys that it does not name", o => o.ResponseFormat = ChatResponseFormat.Json),
        new("ModelId", true, "another model's name is an InvalidOperationException", o => o.ModelId = TestClient.ModelId),
        new("RawRepresentationFactory", true, "may return a SamplingSettings to start from, or a Gemma4Constraint", o => o.RawRepresentationFactory = _ => new SamplingSettings()),
        new("AdditionalProperties min_p, repetition_penalty, adapter", true, "numbers; the name of a LoRA adapter of the options", o => o.AdditionalProperties = new() { ["min_p"] = 0.1, ["repetition_penalty"] = 1.1 }),
        new("AdditionalProperties constraint", true, "a Gemma4Constraint: JSON schema, regular expression, choices or grammar", o => o.AdditionalProperties = new() { ["constraint"] = Gemma4Constraint.Choices(["Hello!", "Bye!"]) }),
        new("AdditionalProperties strict", true, "true refuses a schema that cannot be enforced as a whole; by default the rest is enforced, and a warning logged", o => o.AdditionalProperties = new() { ["strict"] = true }),
        new("AdditionalProperties priority", true, "a whole number, default 0: of the requests that wait, higher ones start first", o => o.AdditionalProperties = new() { ["priority"] = 1 }),
        new("AdditionalProperties, other keys", false, "a key nobody reads would be ignored in silence", o => o.AdditionalProperties = new() { ["mirostat"] = 2 }),
        new("ConversationId", false, "the client is stateless", o => o.ConversationId = "c"),
        new("AllowBackgroundResponses", false, "a response runs while it is read", o => o.AllowBackgroundResponses = true),
        new("ContinuationToken", false, "a response runs while it is read", o => o.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 })),
    ];

    private static void RequireCall(ChatOptions options)
    {
        options.Tools = [AIFunctionFactory.Create(() => 1, "f")];
        options.ToolMode = ChatToolMode.RequireAny;
    }

    public static TheoryData<string> Members => [.. Table.Select(row => row.Member)];

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_member_is_honoured_or_refused_as_the_table_says(string member)
    {
        Row row = Table.Single(candidate => candidate.Member == member);
        ChatOptions options = new();
        row.Set(options);
        using IChatClient client = TestClient.Create("Hello!<turn|>");
        if (row.Honoured)
        {
            ChatResponse response = await client.GetResponseAsync("Hi", options);
            Assert.NotNull(response.FinishReason);
        }
        else
        {
            NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Hi", options));
            Assert.Contains(member.Split(' ', ',', '.')[0], error.Message);
        }
    }

    [Fact]
    public void The_table_names_every_member_of_ChatOptions()
    {
        IEnumerable<string> members = typeof(ChatOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => property.Name);
        string[] named = [.. Table.Select(row => row.Member.Split(' ', ',', '.')[0])];

        Assert.Empty(members.Except(named));
    }

    [Fact]
    public void The_guide_shows_the_table()
    {
        StringBuilder table = new("| member | | meaning |\n|---|---|---|\n");
        foreach (Row row in Table)
        {
            table.Append('|').Append(' ').Append(row.Member).Append(" | ").Append(row.Honoured ? "honoured" : "refused").Append(" | ").Append(row.Meaning).Append(" |\n");
        }

        string guide = File.ReadAllText(Path.Combine(TestData.Root, "docs", "chat-options.md")).ReplaceLineEndings("\n");
        string shown = guide.Split("<!-- options -->\n")[1].Split("<!-- /options -->")[0];

        Assert.Equal(table.ToString(), shown);
    }
}
