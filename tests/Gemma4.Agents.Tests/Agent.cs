using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Tests;

/// <summary>Small tools and a way to ask a pipeline both ways.</summary>
internal static class Agent
{
    public static async Task<ChatResponse> AskAsync(this IChatClient client, bool streaming, ChatOptions? options = null, string question = "Go on.") =>
        streaming
            ? await client.GetStreamingResponseAsync(question, options).ToChatResponseAsync()
            : await client.GetResponseAsync(question, options);

    public static AIFunction Weather(Action<string>? onCall = null) => AIFunctionFactory.Create(
        ([Description("The city name")] string city, int days = 1) =>
        {
            onCall?.Invoke(city);
            return FormattableString.Invariant($"{city}: {days} sunny days");
        },
        "get_weather",
        "Gets the weather of a city.");

    public static AIFunction Delete(Action<string>? onCall = null) => AIFunctionFactory.Create(
        (string path) =>
        {
            onCall?.Invoke(path);
            return "deleted";
        },
        "delete_file",
        "Deletes a file.");

    public static IEnumerable<T> All<T>(this ChatResponse response) => response.Messages.SelectMany(message => message.Contents).OfType<T>();
}
