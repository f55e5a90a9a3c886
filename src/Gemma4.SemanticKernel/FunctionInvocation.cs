using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Runs the calls of one model message through the kernel and its filters, as the kernel's own connectors do: every
/// call gets a tool message, a failure becomes text that the model can act on, and a filter can end the loop.
/// </summary>
internal sealed class FunctionInvocation
{
    // A prompt function that may call itself must not recurse for ever; the number is that of the kernel's connectors.
    public const int MaxNestedInvocations = 128;

    private static readonly AsyncLocal<int> Nested = new();

    private readonly Kernel _kernel;
    private readonly ChatHistory _history;
    private readonly PromptExecutionSettings? _settings;
    private readonly bool _isStreaming;
    private readonly ILogger _logger;

    public FunctionInvocation(Kernel kernel, ChatHistory history, PromptExecutionSettings? settings, bool isStreaming, ILogger logger)
    {
        _kernel = kernel;
        _history = history;
        _settings = settings;
        _isStreaming = isStreaming;
        _logger = logger;
    }

    public static bool MayNest => Nested.Value < MaxNestedInvocations;

    /// <summary>Adds the results to the history.</summary>
    /// <returns>True when a filter ended the loop.</returns>
    public async Task<bool> RunAsync(
        ChatMessageContent message,
        IReadOnlyList<SK.FunctionCallContent> calls,
        FunctionTable functions,
        FunctionChoiceBehaviorOptions options,
        int requestIndex,
        CancellationToken cancellationToken)
    {
        List<Task<(FunctionOutput Output, bool Terminate)>> running = [];
        bool concurrent = options.AllowConcurrentInvocation && calls.Count > 1;
        for (int i = 0; i < calls.Count; i++)
        {
            Task<(FunctionOutput Output, bool Terminate)> invocation = InvokeAsync(message, calls[i], i, calls.Count, functions, options, requestIndex, cancellationToken);
            running.Add(invocation);
            if (!concurrent && Add(calls[i], await invocation.ConfigureAwait(false)))
            {
                return true;
            }
        }

        if (!concurrent)
        {
            return false;
        }

        (FunctionOutput Output, bool Terminate)[] results = await Task.WhenAll(running).ConfigureAwait(false);
        bool terminated = false;
        for (int i = 0; i < results.Length; i++)
        {
            terminated |= Add(calls[i], results[i]);
        }

        return terminated;
    }

    private bool Add(SK.FunctionCallContent call, (FunctionOutput Output, bool Terminate) result)
    {
        ChatMessageContent message = new(AuthorRole.Tool, result.Output.Text);
        message.Items.Add(new SK.FunctionResultContent(call, result.Output.Value));
        _history.Add(message);
        if (result.Terminate)
        {
            ConnectorLog.Terminated(_logger, call.PluginName, call.FunctionName);
        }

        return result.Terminate;
    }

    private async Task<(FunctionOutput Output, bool Terminate)> InvokeAsync(
        ChatMessageContent message,
        SK.FunctionCallContent call,
        int index,
        int count,
        FunctionTable functions,
        FunctionChoiceBehaviorOptions options,
        int requestIndex,
        CancellationToken cancellationToken)
    {
        if (call.Exception is not null)
        {
            return Failed(call, $"Error: the function call could not be read. Correct yourself. {call.Exception.Message}");
        }

        if (functions.Find(call.PluginName, call.FunctionName) is not { } function)
        {
            string known = string.Join(", ", functions.Declarations.Select(tool => tool.Name));
            return Failed(call, $"Error: there is no function '{FunctionNames.ForModel(call.PluginName, call.FunctionName)}'. Correct yourself. The functions are: {known}.");
        }

        KernelArguments arguments = ArgumentsOf(call, options.RetainArgumentTypes);
        AutoFunctionInvocationContext context = new(_kernel, function, new FunctionResult(function) { Culture = _kernel.Culture }, _history, message)
        {
            Arguments = arguments,
            RequestSequenceIndex = requestIndex,
            FunctionSequenceIndex = index,
            FunctionCount = count,
            CancellationToken = cancellationToken,
            IsStreaming = _isStreaming,
            ToolCallId = call.Id,
            ExecutionSettings = _settings,
        };
        Nested.Value++; // Seen by what is called from here, and gone when this method returns.
        try
        {
            await FilterAsync(context, 0).ConfigureAwait(false);
            return (FunctionOutput.Of(context.Result.GetValue<object>(), function.JsonSerializerOptions), context.Terminate);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            ConnectorLog.FunctionThrew(_logger, call.PluginName, call.FunctionName, exception);
            return Failed(call, $"Error: the function failed. {exception.Message}");
        }

        async Task FilterAsync(AutoFunctionInvocationContext current, int filter)
        {
            if (filter < _kernel.AutoFunctionInvocationFilters.Count)
            {
                await _kernel.AutoFunctionInvocationFilters[filter]
                    .OnAutoFunctionInvocationAsync(current, next => FilterAsync(next, filter + 1)).ConfigureAwait(false);
            }
            else if (!current.Terminate)
            {
                // Without the settings of the request: those belong to the chat, not to what a function does itself.
                current.Result = await function.InvokeAsync(_kernel, current.Arguments, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private (FunctionOutput Output, bool Terminate) Failed(SK.FunctionCallContent call, string text)
    {
        ConnectorLog.CallFailed(_logger, call.PluginName, call.FunctionName, text);
        return (new FunctionOutput(text, text), false);
    }

    // Text is what filters and functions of the kernel get unless they ask for types.
    private static KernelArguments ArgumentsOf(SK.FunctionCallContent call, bool retainTypes)
    {
        KernelArguments arguments = [];
        foreach ((string name, object? value) in call.Arguments ?? [])
        {
            arguments[name] = retainTypes || value is null or string ? value
                : value is JsonElement json ? json.ToString()
                : Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        return arguments;
    }
}
