using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using AI = Microsoft.Extensions.AI;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// One request to the service: asks the client, runs the calls, asks again. Streaming and not streaming differ only in
/// which of the client's two methods is asked, so that every stage sees the method that the caller chose.
/// </summary>
internal sealed class ChatRun
{
    // The number is that of the kernel's connectors.
    private const int MaxRequests = 128;

    private readonly IChatClient _client;
    private readonly ChatHistory _history;
    private readonly PromptExecutionSettings? _asked;
    private readonly Gemma4PromptExecutionSettings _settings;
    private readonly Kernel? _kernel;
    private readonly bool _isStreaming;
    private readonly ILogger _logger;
    private readonly UsageDetails _usage = new();
    private bool _hasUsage;

    public ChatRun(IChatClient client, ChatHistory history, PromptExecutionSettings? settings, Kernel? kernel, bool isStreaming, ILogger logger)
    {
        _client = client;
        _history = history;
        _asked = settings;
        _settings = Gemma4PromptExecutionSettings.FromExecutionSettings(settings);
        _kernel = kernel;
        _isStreaming = isStreaming;
        _logger = logger;
    }

    /// <summary>The answer, once the chunks are read. Its usage is that of all requests together.</summary>
    public ChatMessageContent? Result { get; private set; }

    public async IAsyncEnumerable<StreamingChatMessageContent> ChunksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int request = 0; ; request++)
        {
            FunctionChoiceBehaviorConfiguration? choice = ChoiceOf(request);
            FunctionTable functions = new(choice?.Functions);
            ChatOptions options = OptionsOf(choice, functions);
            List<ChatMessage> messages = HistoryReader.Read(_history);
            ChatResponse response;
            if (_isStreaming)
            {
                List<ChatResponseUpdate> updates = [];
                int calls = 0;
                await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                {
                    updates.Add(update);
                    foreach (StreamingChatMessageContent chunk in ResponseWriter.Chunks(update, calls, request))
                    {
                        yield return chunk;
                    }

                    calls += update.Contents.Count(content => content is AI.FunctionCallContent);
                }

                response = updates.ToChatResponse();
            }
            else
            {
                response = await _client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            }

            ChatMessageContent answer = Read(response, functions);
            List<SK.FunctionCallContent> open = OpenCalls(response, answer);
            if (open.Count == 0 || choice is not { AutoInvoke: true } || _kernel is null)
            {
                yield return Finish(answer, response);
                yield break;
            }

            answer.Metadata = WithUsage(answer.Metadata, response.Usage);
            _history.Add(answer);
            FunctionInvocation invocation = new(_kernel, _history, _asked, _isStreaming, _logger);
            if (await invocation.RunAsync(answer, open, functions, choice.Options, request, cancellationToken).ConfigureAwait(false))
            {
                ChatMessageContent last = _history[^1];
                if (_isStreaming)
                {
                    yield return new StreamingChatMessageContent(last.Role, last.Content, modelId: response.ModelId);
                }

                yield return Finish(last, response);
                yield break;
            }
        }
    }

    private FunctionChoiceBehaviorConfiguration? ChoiceOf(int request)
    {
        if (_settings.FunctionChoiceBehavior is null)
        {
            return null;
        }

        FunctionChoiceBehaviorConfiguration choice = _settings.FunctionChoiceBehavior.GetConfiguration(
            new FunctionChoiceBehaviorConfigurationContext(_history) { Kernel = _kernel, RequestSequenceIndex = request });
        if (choice.AutoInvoke && (request >= MaxRequests || !FunctionInvocation.MayNest))
        {
            ConnectorLog.LoopLimit(_logger, request);
            choice.AutoInvoke = false;
        }

        return choice;
    }

    private ChatOptions OptionsOf(FunctionChoiceBehaviorConfiguration? choice, FunctionTable functions)
    {
        ChatOptions options = _settings.ToChatOptions();
        if (choice is null || functions.Declarations.Count == 0)
        {
            return options;
        }

        options.Tools = functions.Declarations;
        options.AllowMultipleToolCalls = choice.Options.AllowParallelCalls;
        if (choice.Options.AllowStrictSchemaAdherence == true)
        {
            // Arguments follow their schemas anyway; strict also refuses a schema that cannot be enforced as a whole.
            (options.AdditionalProperties ??= [])["strict"] = true;
        }

        // Restricting to one function is done by the list of functions, so a list of one names the function.
        options.ToolMode = choice.Choice == FunctionChoice.None ? ChatToolMode.None
            : choice.Choice == FunctionChoice.Auto ? ChatToolMode.Auto
            : functions.Declarations is [AITool only] ? ChatToolMode.RequireSpecific(only.Name)
            : ChatToolMode.RequireAny;
        return options;
    }

    /// <summary>The last message is the answer; what came before it goes to the history, as the stock bridge does.</summary>
    private ChatMessageContent Read(ChatResponse response, FunctionTable functions)
    {
        if (response.Usage is { } usage)
        {
            _usage.Add(usage);
            _hasUsage = true;
        }

        foreach (ChatMessage message in response.Messages.SkipLast(1))
        {
            _history.Add(ResponseWriter.Message(message, response, ResponseMetadata.Of(response, usage: null), functions));
        }

        ChatMessage last = response.Messages.Count > 0 ? response.Messages[^1] : new ChatMessage(ChatRole.Assistant, []);
        return ResponseWriter.Message(last, response, ResponseMetadata.Of(response, usage: null), functions);
    }

    /// <summary>
    /// Calls that are for this loop: not answered by a stage inside. One that could not be read is among them, so that
    /// the model learns why; what the token limit cut off is not, since it would be cut off again.
    /// </summary>
    private static List<SK.FunctionCallContent> OpenCalls(ChatResponse response, ChatMessageContent answer)
    {
        if (response.FinishReason == ChatFinishReason.Length || response.Messages.Count == 0)
        {
            return [];
        }

        HashSet<string> answered = [.. response.Messages.SelectMany(message => message.Contents).OfType<AI.FunctionResultContent>().Select(result => result.CallId)];
        HashSet<string> open = [.. response.Messages[^1].Contents.OfType<AI.FunctionCallContent>()
            .Where(call => (!call.InformationalOnly || call.Exception is not null) && !answered.Contains(call.CallId))
            .Select(call => call.CallId)];
        return [.. SK.FunctionCallContent.GetFunctionCalls(answer).Where(call => open.Contains(call.Id!))];
    }

    private StreamingChatMessageContent Finish(ChatMessageContent answer, ChatResponse response)
    {
        UsageDetails? usage = _hasUsage ? _usage : null;
        answer.Metadata = answer.Metadata is null ? ResponseMetadata.Of(response, usage) : WithUsage(answer.Metadata, usage);
        Result = answer;
        return new StreamingChatMessageContent(answer.Role, content: null, response.RawRepresentation, modelId: response.ModelId, metadata: answer.Metadata);
    }

    private static Dictionary<string, object?> WithUsage(IReadOnlyDictionary<string, object?>? metadata, UsageDetails? usage) =>
        new(metadata ?? new Dictionary<string, object?>()) { [ResponseMetadata.Usage] = usage };
}
