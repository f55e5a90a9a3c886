using System.ComponentModel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>The whole way with a real model: the demo model answers by greedy decoding, so its answers are fixed.</summary>
public class NanoTests
{
    private static readonly PromptExecutionSettings Auto = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_function_calls_a_plugin_and_answers_with_its_result(bool streaming)
    {
        Kernel kernel = WithPlugins();
        KernelArguments arguments = new(Auto) { ["a"] = 17, ["b"] = 25 };

        string answer = streaming
            ? string.Concat(await kernel.InvokePromptStreamingAsync("What is {{$a}} plus {{$b}}?", arguments).Select(chunk => chunk.ToString()).ToListAsync())
            : (await kernel.InvokePromptAsync("What is {{$a}} plus {{$b}}?", arguments)).ToString();

        Assert.Contains("42", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_goes_on_over_several_turns_with_calls()
    {
        Kernel kernel = WithPlugins();
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        ChatHistory history = new() { new(AuthorRole.User, "What is the weather in Paris?") };
        history.Add(await service.GetChatMessageContentAsync(history, Auto, kernel));
        history.AddUserMessage("What is 6 times 7?");
        ChatMessageContent answer = await service.GetChatMessageContentAsync(history, Auto, kernel);

        Assert.Contains("Paris", history[3].Content, StringComparison.Ordinal);
        Assert.Contains("42", answer.Content, StringComparison.Ordinal);
        Assert.Equal(["get_weather", "multiply"], history.SelectMany(Microsoft.SemanticKernel.FunctionCallContent.GetFunctionCalls).Select(call => call.FunctionName));
    }

    [Fact]
    public async Task A_prompt_function_in_JSON_brings_its_own_settings()
    {
        Kernel kernel = WithPlugins();
        PromptTemplateConfig config = PromptTemplateConfig.FromJson("""
            {
              "name": "capital", "template": "What is the capital of {{$country}}?", "template_format": "semantic-kernel",
              "input_variables": [{ "name": "country" }],
              "execution_settings": { "default": { "temperature": 0, "max_tokens": 2 } }
            }
            """);

        FunctionResult result = await kernel.InvokeAsync(KernelFunctionFactory.CreateFromPrompt(config), new() { ["country"] = "France" });

        Assert.Equal("length", result.Metadata!["FinishReason"]);
    }

    private static Kernel WithPlugins()
    {
        IKernelBuilder builder = Kernel.CreateBuilder().AddGemma4(options => options.UseNano());
        builder.Plugins.AddFromObject(new SmallKernel.WeatherPlugin(), "Weather");
        builder.Plugins.AddFromType<MathPlugin>("Math");
        return builder.Build();
    }

    private sealed class MathPlugin
    {
        [KernelFunction("add")]
        [Description("Adds two numbers.")]
        public static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

        [KernelFunction("multiply")]
        [Description("Multiplies two numbers.")]
        public static double Multiply([Description("The first number")] double a, [Description("The second number")] double b) => a * b;
    }
}
