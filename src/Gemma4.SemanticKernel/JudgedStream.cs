using System.Runtime.CompilerServices;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Tools;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma4.SemanticKernel;

/// <summary>A function's streamed result, judged whole before any of it comes out.</summary>
internal static class JudgedStream
{
    /// <exception cref="NotSupportedException">The stream is of a type in which a changed text could not stand.</exception>
    public static FunctionResult Around(RequestRun run, FunctionResult result, KernelFunction function) => new(result, result.GetValue<object>() switch
    {
        // The most derived first: a stream of these is also one of what they derive from.
        IAsyncEnumerable<string> texts => JudgedAsync(run, texts, function, text => text),
        IAsyncEnumerable<StreamingChatMessageContent> messages => JudgedAsync(run, messages, function, text => new StreamingChatMessageContent(AuthorRole.Tool, text)),
        IAsyncEnumerable<StreamingTextContent> texts => JudgedAsync(run, texts, function, text => new StreamingTextContent(text)),
        IAsyncEnumerable<StreamingKernelContent> contents => JudgedAsync(run, contents, function, text => new StreamingTextContent(text)),
        IAsyncEnumerable<object> values => JudgedAsync(run, values, function, text => text),
        _ => throw new NotSupportedException($"The result of '{function.Name}' cannot be judged as a stream of this type. Invoke the function without streaming, or as a stream of StreamingKernelContent or string."),
    });

    private static async IAsyncEnumerable<T> JudgedAsync<T>(RequestRun run, IAsyncEnumerable<T> stream, KernelFunction function, Func<string, T> write, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<T> items = [];
        await foreach (T item in stream.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            items.Add(item);
        }

        string text = string.Concat(items.Select(item => TextOf(item, function)));
        JudgedOutput judged = await JudgedOutput.OfAsync(run, new FunctionOutput(text, text), cancellationToken).ConfigureAwait(false);
        if (judged.Refusal is { } refusal)
        {
            throw refusal.ToException();
        }

        if (judged.IsChanged)
        {
            yield return write(JsonValues.ToText(judged.Value));
            yield break;
        }

        foreach (T item in items)
        {
            yield return item;
        }
    }

    private static string TextOf(object? item, KernelFunction function)
    {
        object? value = item switch
        {
            StreamingChatMessageContent or StreamingTextContent => item.ToString(),
            StreamingKernelContent content => content.InnerContent ?? content.ToString(), // a method's value stands inside
            _ => item,
        };
        return FunctionOutput.TryOf(value, function.JsonSerializerOptions, out FunctionOutput output) ? output.Text : value?.ToString() ?? "";
    }
}
