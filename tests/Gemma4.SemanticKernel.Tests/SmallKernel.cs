using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>A kernel with one plugin over a scripted client, and the ways to ask it.</summary>
internal static class SmallKernel
{
    public const string FunctionName = "Weather-get_weather";

    public static AI.FunctionCallContent Call(string city = "Paris", string id = "call_1", string name = FunctionName) =>
        new(id, name, new Dictionary<string, object?> { ["city"] = city });

    public static Kernel Over(IChatClient client, Action<ChatClientBuilder>? pipeline = null, Action<IServiceCollection>? services = null)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddGemma4(client, pipeline: pipeline);
        builder.Plugins.AddFromObject(new WeatherPlugin(), "Weather");
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>The answer both ways: as one message, or as the sum of the chunks.</summary>
    public static async Task<Answer> AskAsync(this Kernel kernel, bool streaming, PromptExecutionSettings? settings = null, ChatHistory? history = null)
    {
        history ??= new ChatHistory("Be brief.") { new(AuthorRole.User, "What is the weather in Paris?") };
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        if (!streaming)
        {
            ChatMessageContent message = await service.GetChatMessageContentAsync(history, settings, kernel);
            return new Answer(
                message.Content ?? "",
                string.Concat(message.Items.OfType<ReasoningContent>().Select(item => item.Text)),
                [.. Microsoft.SemanticKernel.FunctionCallContent.GetFunctionCalls(message).Select(call => call.FunctionName)],
                message.Role,
                message.Metadata!,
                history);
        }

        List<StreamingChatMessageContent> chunks = await service.GetStreamingChatMessageContentsAsync(history, settings, kernel).ToListAsync();
        // Chunks of calls that were run belong to earlier messages; those of the last one are the caller's.
        int lastRequest = chunks.SelectMany(chunk => chunk.Items).OfType<StreamingFunctionCallUpdateContent>().Select(call => call.RequestIndex).LastOrDefault();
        bool returned = !history.Any(message => message.Items.Any(item => item is Microsoft.SemanticKernel.FunctionCallContent));
        return new Answer(
            string.Concat(chunks.Select(chunk => chunk.Content)),
            string.Concat(chunks.SelectMany(chunk => chunk.Items).OfType<StreamingReasoningContent>().Select(item => item.Text)),
            returned ? [.. CallsOf(chunks, lastRequest)] : [],
            chunks[^1].Role!.Value,
            chunks[^1].Metadata!,
            history);
    }

    private static IEnumerable<string> CallsOf(List<StreamingChatMessageContent> chunks, int request)
    {
        FunctionCallContentBuilder builder = new();
        foreach (StreamingChatMessageContent chunk in chunks.Where(chunk => chunk.Items.OfType<StreamingFunctionCallUpdateContent>().All(call => call.RequestIndex == request)))
        {
            builder.Append(chunk);
        }

        return builder.Build().Select(call => call.FunctionName);
    }

    /// <summary>What came back, and the history afterwards.</summary>
    internal sealed record Answer(
        string Text, string Reasoning, string[] Calls, AuthorRole Role, IReadOnlyDictionary<string, object?> Metadata, ChatHistory History);

    internal sealed class WeatherPlugin
    {
        public List<string> Cities { get; } = [];

        [KernelFunction("get_weather")]
        [Description("Gets the current weather for a city.")]
        public string GetWeather([Description("The city name")] string city)
        {
            Cities.Add(city);
            return $"It is 21 degrees and sunny in {city}.";
        }
    }
}
