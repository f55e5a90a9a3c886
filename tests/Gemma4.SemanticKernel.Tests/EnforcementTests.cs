using System.Text.Json;
using Gemma4.Sampling.Constraints;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>What the kernel's settings demand is enforced while the model decodes, on the real nano model.</summary>
public class EnforcementTests
{
    private sealed record Person(string Name, int Age);

    private static Gemma4ChatClient Nano() => new(new Gemma4Options().UseNano());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_required_function_is_called_though_the_question_needs_none(bool streaming)
    {
        using Gemma4ChatClient client = Nano();
        Gemma4PromptExecutionSettings settings = new()
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Required(autoInvoke: false),
            Temperature = 2,
            Seed = 3,
        };

        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming, settings, new("Be brief.") { new(Microsoft.SemanticKernel.ChatCompletion.AuthorRole.User, "Hello!") });

        Assert.NotEmpty(answer.Calls);
        Assert.All(answer.Calls, call => Assert.Equal("get_weather", call));
        Assert.Equal("", answer.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_response_format_holds(bool streaming)
    {
        using Gemma4ChatClient client = Nano();
        Gemma4PromptExecutionSettings settings = new()
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string","maxLength":20},"warm":{"type":"boolean"}},"required":["city","warm"],"additionalProperties":false}""")),
            Temperature = 2,
            Seed = 5,
        };

        SmallKernel.Answer answer = await SmallKernel.Over(client).AskAsync(streaming, settings);

        using JsonDocument document = JsonDocument.Parse(answer.Text);
        Assert.Equal(JsonValueKind.String, document.RootElement.GetProperty("city").ValueKind);
        Assert.True(document.RootElement.GetProperty("warm").ValueKind is JsonValueKind.True or JsonValueKind.False);
    }

    [Fact]
    public async Task Strict_schema_adherence_refuses_what_cannot_be_enforced()
    {
        using Gemma4ChatClient client = Nano();
        Kernel kernel = SmallKernel.Over(client);
        AIFunctionDeclaration loose = AIFunctionFactory.CreateDeclaration("loose", "Loose.", JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"array","uniqueItems":true,"items":{"type":"integer"}}}}"""));
        kernel.Plugins.AddFromFunctions("Loose", [AIFunctionFactory.Create((int[] a) => a.Length, "fine").AsKernelFunction()]);
        Gemma4PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(options: new() { AllowStrictSchemaAdherence = true }) };

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, settings);

        Assert.NotEqual("", answer.Text);
        await Assert.ThrowsAsync<Gemma4ConstraintException>(() => client.GetResponseAsync("Hi", new() { Tools = [loose], AdditionalProperties = new() { ["strict"] = true } }));
    }

    [Fact]
    public async Task An_agent_answers_with_an_object()
    {
        using Gemma4ChatClient client = Nano();
        ChatClientAgent agent = new(client);

        AgentResponse<Person> response = await agent.RunAsync<Person>("Reply with JSON with the fields name and age: Anna is 7 years old.");

        Assert.False(string.IsNullOrEmpty(response.Result.Name));
    }
}
