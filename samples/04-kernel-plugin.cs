// Semantic Kernel with plugins that the model calls, and a filter that watches. dotnet run samples/04-kernel-plugin.cs [question...]
#:project ../src/Gemma4.SemanticKernel/Gemma4.SemanticKernel.csproj
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime
#:package Microsoft.SemanticKernel.Core

using System.ComponentModel;
using Gemma4;
using Gemma4.SemanticKernel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

IKernelBuilder builder = Kernel.CreateBuilder();
builder.AddGemma4(options => options.UseNano());
builder.Plugins.AddFromType<MathPlugin>("Math");
builder.Plugins.AddFromType<WeatherPlugin>("Weather");
Kernel kernel = builder.Build();
kernel.AutoFunctionInvocationFilters.Add(new CallPrinter());

// A chat: the service adds the calls and their results to the history.
Gemma4PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
ChatHistory history = [];
string[] questions = args.Length > 0 ? args : ["What is the weather in Paris?", "What is 17 plus 25?"];
foreach (string question in questions)
{
    Console.WriteLine($"question: {question}");
    history.AddUserMessage(question);
    ChatMessageContent answer = await chat.GetChatMessageContentAsync(history, settings, kernel);
    history.Add(answer);
    Console.WriteLine($"answer: {answer.Content} ({answer.Metadata?["FinishReason"]})");
}

// A prompt function, streamed.
Console.Write("prompt function: ");
await foreach (StreamingKernelContent chunk in kernel.InvokePromptStreamingAsync("What is {{$a}} times {{$b}}?", new(settings) { ["a"] = 6, ["b"] = 7 }))
{
    Console.Write(chunk);
}

Console.WriteLine();

internal sealed class MathPlugin
{
    [KernelFunction("add"), Description("Adds two numbers.")]
    public static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

    [KernelFunction("multiply"), Description("Multiplies two numbers.")]
    public static double Multiply([Description("The first number")] double a, [Description("The second number")] double b) => a * b;
}

internal sealed class WeatherPlugin
{
    // A real application would ask a weather service.
    [KernelFunction("get_weather"), Description("Gets the current weather for a city.")]
    public static string GetWeather([Description("The city name")] string city) => $"It is 21 degrees and sunny in {city}.";
}

internal sealed class CallPrinter : IAutoFunctionInvocationFilter
{
    public async Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
    {
        await next(context);
        Console.WriteLine($"call: {context.Function.PluginName}.{context.Function.Name}({string.Join(", ", context.Arguments!.Select(argument => $"{argument.Key}: {argument.Value}"))}) = {context.Result}");
    }
}
