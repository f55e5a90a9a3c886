using System.Text.Json;
using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>Functions with schemas as API descriptions have them, called in Gemma's notation by the real client.</summary>
public class PluginSchemaTests
{
    [Fact]
    public async Task Nested_arguments_arrive_as_the_schema_says()
    {
        using IChatClient client = TestClient.Create(
            """<|tool_call>call:Pets-update_pet{body:{name:<|"|>Rex<|"|>,tags:[<|"|>good<|"|>,<|"|>dog<|"|>]},id:5,urgent:true}<tool_call|>""",
            "Done.<turn|>");
        KernelArguments? seen = null;
        KernelFunction update = KernelFunctionFactory.CreateFromMethod(
            (KernelArguments arguments) => { seen = arguments; return "updated"; },
            new KernelFunctionFromMethodOptions
            {
                FunctionName = "update_pet",
                Description = "Updates a pet.",
                Parameters =
                [
                    new("id") { IsRequired = true, Schema = KernelJsonSchema.Parse("""{"type":"integer","format":"int64"}""") },
                    new("urgent") { Schema = KernelJsonSchema.Parse("""{"type":"boolean","default":false}""") },
                    new("body")
                    {
                        IsRequired = true,
                        Schema = KernelJsonSchema.Parse("""{"type":"object","properties":{"name":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}},"required":["name"]}"""),
                    },
                ],
            });
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.AddFromFunctions("Pets", [update]);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto());

        Assert.Equal("Done.", answer.Text);
        Assert.Equal(("5", "True"), (seen!["id"], seen["urgent"]));
        JsonElement body = JsonElement.Parse((string)seen["body"]!);
        Assert.Equal("Rex", body.GetProperty("name").GetString());
        Assert.Equal(["good", "dog"], body.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
    }

    [Fact]
    public async Task Objects_and_lists_are_bound_to_the_parameters_of_a_method()
    {
        using IChatClient client = TestClient.Create(
            """<|tool_call>call:Pets-add{pet:{name:<|"|>Rex<|"|>,age:3},weights:[1.5,2]}<tool_call|>""",
            "Done.<turn|>");
        Pet? added = null;
        double[] got = [];
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.AddFromFunctions("Pets", [KernelFunctionFactory.CreateFromMethod(
            (Pet pet, double[] weights, string note = "none") =>
            {
                added = pet;
                got = weights;
                return note;
            },
            "add")]);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: true, Auto());

        Assert.Equal(new Pet("Rex", 3), added);
        Assert.Equal([1.5, 2], got);
        Assert.Equal("none", answer.History[3].Content);
    }

    private static PromptExecutionSettings Auto() => new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    private sealed record Pet(
        [property: System.Text.Json.Serialization.JsonPropertyName("name")] string Name,
        [property: System.Text.Json.Serialization.JsonPropertyName("age")] int Age);
}
