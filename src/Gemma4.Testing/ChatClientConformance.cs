using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Testing;

/// <summary>
/// What every chat client and every wrapper around one must do. Derive it, and run each of <see cref="Behaviours"/> as
/// one case of a parameterised test in any test framework. A violation is a <see cref="ConformanceException"/>.
/// </summary>
/// <remarks>
/// The model must answer <see cref="Question"/> and must call <c>add</c> for <see cref="ToolQuestion"/>; gemma4-nano
/// does. Each behaviour makes and disposes a client of its own.
/// </remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The names are sentences, as in a test.")]
public abstract class ChatClientConformance
{
    private static readonly Dictionary<string, Func<ChatClientConformance, Task>> All = new(StringComparer.Ordinal)
    {
        [nameof(An_answer_has_a_text_a_role_and_a_finish_reason)] = s => s.An_answer_has_a_text_a_role_and_a_finish_reason(),
        [nameof(A_stream_adds_up_to_the_response)] = s => s.A_stream_adds_up_to_the_response(),
        [nameof(A_text_answer_is_one_content)] = s => s.A_text_answer_is_one_content(),
        [nameof(Every_update_names_its_response_and_model)] = s => s.Every_update_names_its_response_and_model(),
        [nameof(Usage_comes_once_and_adds_up)] = s => s.Usage_comes_once_and_adds_up(),
        [nameof(A_token_limit_ends_with_finish_reason_length)] = s => s.A_token_limit_ends_with_finish_reason_length(),
        [nameof(A_stop_sequence_ends_the_answer)] = s => s.A_stop_sequence_ends_the_answer(),
        [nameof(No_conversation_id_is_given)] = s => s.No_conversation_id_is_given(),
        [nameof(A_declared_function_is_called_and_left_to_the_caller)] = s => s.A_declared_function_is_called_and_left_to_the_caller(),
        [nameof(A_streamed_call_is_the_same_call)] = s => s.A_streamed_call_is_the_same_call(),
        [nameof(A_result_in_the_history_leads_to_an_answer)] = s => s.A_result_in_the_history_leads_to_an_answer(),
        [nameof(Function_invocation_around_the_client_runs_the_tool)] = s => s.Function_invocation_around_the_client_runs_the_tool(),
        [nameof(Usage_adds_up_across_the_tool_loop)] = s => s.Usage_adds_up_across_the_tool_loop(),
        [nameof(Tool_mode_none_calls_nothing)] = s => s.Tool_mode_none_calls_nothing(),
        [nameof(Unusual_tool_schemas_are_accepted)] = s => s.Unusual_tool_schemas_are_accepted(),
        [nameof(Earlier_turns_and_empty_messages_are_accepted)] = s => s.Earlier_turns_and_empty_messages_are_accepted(),
        [nameof(Instructions_are_accepted_beside_a_system_message)] = s => s.Instructions_are_accepted_beside_a_system_message(),
        [nameof(Images_and_documents_are_refused)] = s => s.Images_and_documents_are_refused(),
        [nameof(Another_models_name_is_refused)] = s => s.Another_models_name_is_refused(),
        [nameof(Null_is_refused_and_metadata_is_given)] = s => s.Null_is_refused_and_metadata_is_given(),
        [nameof(Messages_and_options_stay_as_they_were)] = s => s.Messages_and_options_stay_as_they_were(),
        [nameof(A_cancelled_request_is_cancelled)] = s => s.A_cancelled_request_is_cancelled(),
        [nameof(A_stream_can_be_left_early)] = s => s.A_stream_can_be_left_early(),
        [nameof(Parallel_requests_do_not_mix)] = s => s.Parallel_requests_do_not_mix(),
    };

    /// <summary>The names of all behaviours, to feed a parameterised test.</summary>
    public static IEnumerable<string> Behaviours => All.Keys;

    /// <summary>A question that the model answers in text of at least three tokens; the default asks for a capital.</summary>
    protected virtual string Question => "What is the capital of France?";

    /// <summary>A word of the answer to <see cref="Question"/>.</summary>
    protected virtual string AnswerWord => "Paris";

    /// <summary>A question for which the model calls <c>add</c> with 17 and 25 and then answers with the result 42.</summary>
    protected virtual string ToolQuestion => "What is 17 plus 25?";

    /// <summary>Runs one behaviour.</summary>
    /// <param name="behaviour">One of <see cref="Behaviours"/>.</param>
    /// <exception cref="ConformanceException">The client does something else.</exception>
    /// <exception cref="ArgumentException">There is no such behaviour.</exception>
    public Task RunAsync(string behaviour)
    {
        ArgumentNullException.ThrowIfNull(behaviour);
        return All.TryGetValue(behaviour, out var run)
            ? run(this)
            : throw new ArgumentException($"There is no behaviour '{behaviour}'. There are: {string.Join(", ", All.Keys)}.", nameof(behaviour));
    }

    /// <summary>The plainest request.</summary>
    public async Task An_answer_has_a_text_a_role_and_a_finish_reason()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question).ConfigureAwait(false);
        Expect.True(response.Text.Contains(AnswerWord, StringComparison.Ordinal), $"The answer must hold '{AnswerWord}'; it is '{response.Text}'.");
        Expect.Equal(1, response.Messages.Count, "The number of messages");
        Expect.True(response.Messages[0].Role == ChatRole.Assistant, "The answer must have the role assistant.");
        Expect.True(response.FinishReason == ChatFinishReason.Stop, $"The finish reason must be stop; it is '{response.FinishReason}'.");
    }

    /// <summary>Text, finish reason and usage are the same both ways.</summary>
    public async Task A_stream_adds_up_to_the_response()
    {
        using var client = CreateClient();
        var whole = await client.GetResponseAsync(Question).ConfigureAwait(false);
        var sum = await client.GetStreamingResponseAsync(Question).ToChatResponseAsync().ConfigureAwait(false);
        Expect.True(whole.Text == sum.Text, $"The streamed text must be '{whole.Text}'; it is '{sum.Text}'.");
        Expect.True(whole.FinishReason == sum.FinishReason, $"The streamed finish reason must be '{whole.FinishReason}'; it is '{sum.FinishReason}'.");
        Expect.True(whole.Usage?.TotalTokenCount == sum.Usage?.TotalTokenCount, $"The streamed usage must be {whole.Usage?.TotalTokenCount}; it is {sum.Usage?.TotalTokenCount}.");
    }

    /// <summary>Pieces of text are put together, so that the answer is not a list of tokens.</summary>
    public async Task A_text_answer_is_one_content()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question).ConfigureAwait(false);
        Expect.Equal(1, response.Messages[0].Contents.OfType<TextContent>().Count(), "The number of text contents");
    }

    /// <summary>Each update can be told apart from those of other responses.</summary>
    public async Task Every_update_names_its_response_and_model()
    {
        using var client = CreateClient();
        List<ChatResponseUpdate> updates = [];
        foreach (var _ in Enumerable.Range(0, 2))
        {
            updates.AddRange(await client.GetStreamingResponseAsync(Question).ToListAsync().ConfigureAwait(false));
        }

        Expect.True(updates.All(update => !string.IsNullOrEmpty(update.ResponseId)), "Every update must have a response id.");
        Expect.True(updates.All(update => !string.IsNullOrEmpty(update.ModelId)), "Every update must have a model id.");
        Expect.True(updates.All(update => update.Role == ChatRole.Assistant), "Every update must have the role assistant.");
        Expect.Equal(2, updates.Select(update => update.ResponseId).Distinct().Count(), "The number of response ids of two responses");
    }

    /// <summary>Input and output tokens are counted, and the total is their sum.</summary>
    public async Task Usage_comes_once_and_adds_up()
    {
        using var client = CreateClient();
        var updates = await client.GetStreamingResponseAsync(Question).ToListAsync().ConfigureAwait(false);
        Expect.Equal(1, updates.SelectMany(update => update.Contents).OfType<UsageContent>().Count(), "The number of usage contents in a stream");
        var usage = (await client.GetResponseAsync(Question).ConfigureAwait(false)).Usage;
        Expect.True(usage is { InputTokenCount: > 0, OutputTokenCount: > 0 }, "A response must count its input and output tokens.");
        Expect.True(usage!.InputTokenCount + usage.OutputTokenCount == usage.TotalTokenCount, "The total must be the sum of input and output tokens.");
    }

    /// <summary>What is cut off says so.</summary>
    public async Task A_token_limit_ends_with_finish_reason_length()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 2 }).ConfigureAwait(false);
        Expect.True(response.FinishReason == ChatFinishReason.Length, $"The finish reason must be length; it is '{response.FinishReason}'.");
    }

    /// <summary>The answer ends before the stop sequence.</summary>
    public async Task A_stop_sequence_ends_the_answer()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question, new ChatOptions { StopSequences = [AnswerWord] }).ConfigureAwait(false);
        Expect.True(!response.Text.Contains(AnswerWord, StringComparison.Ordinal), $"'{AnswerWord}' must not be in the answer; it is '{response.Text}'.");
    }

    /// <summary>A client that gives a conversation id changes how the stages around it work.</summary>
    public async Task No_conversation_id_is_given()
    {
        using var client = CreateClient();
        var updates = await client.GetStreamingResponseAsync(Question).ToListAsync().ConfigureAwait(false);
        Expect.True(updates.All(update => update.ConversationId is null), "No update may have a conversation id.");
    }

    /// <summary>A function without code is called by the model and comes out as a call with arguments and an id.</summary>
    public async Task A_declared_function_is_called_and_left_to_the_caller()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(ToolQuestion, new ChatOptions { Tools = [ConformanceTools.Declaration] }).ConfigureAwait(false);
        ConformanceTools.ExpectCall(response);
        Expect.True(response.FinishReason == ChatFinishReason.ToolCalls, $"The finish reason must be tool_calls; it is '{response.FinishReason}'.");
    }

    /// <summary>Calls come whole, also in a stream.</summary>
    public async Task A_streamed_call_is_the_same_call()
    {
        using var client = CreateClient();
        ConformanceTools.ExpectCall(await client.GetStreamingResponseAsync(ToolQuestion, new ChatOptions { Tools = [ConformanceTools.Declaration] }).ToChatResponseAsync().ConfigureAwait(false));
    }

    /// <summary>The caller runs the function and asks again.</summary>
    public async Task A_result_in_the_history_leads_to_an_answer()
    {
        using var client = CreateClient();
        ChatOptions options = new() { Tools = [ConformanceTools.Declaration] };
        List<ChatMessage> history = [new(ChatRole.User, ToolQuestion)];
        var response = await client.GetResponseAsync(history, options).ConfigureAwait(false);
        history.AddMessages(response);
        history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(ConformanceTools.ExpectCall(response).CallId, 42)]));
        var answer = await client.GetResponseAsync(history, options).ConfigureAwait(false);
        Expect.True(answer.Text.Contains("42", StringComparison.Ordinal), $"The answer must hold 42; it is '{answer.Text}'.");
    }

    /// <summary>The standard tool loop works around the client, streaming or not.</summary>
    public async Task Function_invocation_around_the_client_runs_the_tool()
    {
        using var client = CreateClient().AsBuilder().UseFunctionInvocation().Build();
        foreach (var streaming in new[] { false, true })
        {
            var calls = 0;
            ChatOptions options = new() { Tools = [ConformanceTools.Add(() => calls++)] };
            var response = streaming
                ? await client.GetStreamingResponseAsync(ToolQuestion, options).ToChatResponseAsync().ConfigureAwait(false)
                : await client.GetResponseAsync(ToolQuestion, options).ConfigureAwait(false);
            Expect.Equal(1, calls, "The number of times that the function ran");
            Expect.True(response.Text.Contains("42", StringComparison.Ordinal), $"The answer must hold 42; it is '{response.Text}'.");
        }
    }

    /// <summary>A response of two model calls counts the tokens of both.</summary>
    public async Task Usage_adds_up_across_the_tool_loop()
    {
        using var client = CreateClient();
        var one = await client.GetResponseAsync(ToolQuestion, new ChatOptions { Tools = [ConformanceTools.Declaration] }).ConfigureAwait(false);
        using var looping = CreateClient().AsBuilder().UseFunctionInvocation().Build();
        var both = await looping.GetResponseAsync(ToolQuestion, new ChatOptions { Tools = [ConformanceTools.Add(() => { })] }).ConfigureAwait(false);
        Expect.True(one.Usage?.TotalTokenCount > 0 && both.Usage?.TotalTokenCount > one.Usage.TotalTokenCount, $"Two model calls must cost more than the first alone ({one.Usage?.TotalTokenCount}); they cost {both.Usage?.TotalTokenCount}.");
    }

    /// <summary>Tools that are declared but switched off are not called.</summary>
    public async Task Tool_mode_none_calls_nothing()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question, new ChatOptions { Tools = [ConformanceTools.Declaration], ToolMode = ChatToolMode.None }).ConfigureAwait(false);
        Expect.True(!response.Messages.SelectMany(message => message.Contents).Any(content => content is FunctionCallContent), "No function may be called.");
        Expect.True(response.FinishReason == ChatFinishReason.Stop, $"The finish reason must be stop; it is '{response.FinishReason}'.");
    }

    /// <summary>Tool servers send all kinds of schema; none of them may make a request fail.</summary>
    public async Task Unusual_tool_schemas_are_accepted()
    {
        using var client = CreateClient();
        var response = await client.GetResponseAsync(Question, new ChatOptions { Tools = [.. ConformanceTools.Unusual()] }).ConfigureAwait(false);
        Expect.True(response.FinishReason is not null, "The response must have a finish reason.");
    }

    /// <summary>Histories hold what was said before, and sometimes nothing.</summary>
    public async Task Earlier_turns_and_empty_messages_are_accepted()
    {
        using var client = CreateClient();
        ChatMessage[] history =
        [
            new(ChatRole.System, []), new(ChatRole.User, "Hello"), new(ChatRole.Assistant, "Hello!"), new(ChatRole.User, ""),
            new(ChatRole.Assistant, []), new(ChatRole.User, Question),
        ];
        var response = await client.GetResponseAsync(history).ConfigureAwait(false);
        Expect.True(response.FinishReason is not null, "The response must have a finish reason.");
    }

    /// <summary>Instructions and a system message can be given together.</summary>
    public async Task Instructions_are_accepted_beside_a_system_message()
    {
        using var client = CreateClient();
        ChatMessage[] history = [new(ChatRole.System, "You are a helpful assistant."), new(ChatRole.User, Question)];
        var response = await client.GetResponseAsync(history, new ChatOptions { Instructions = "Be brief." }).ConfigureAwait(false);
        Expect.True(response.FinishReason is not null, "The response must have a finish reason.");
    }

    /// <summary>What the model cannot read is an error, not a silent loss.</summary>
    public async Task Images_and_documents_are_refused()
    {
        using var client = CreateClient();
        foreach (var mediaType in new[] { "image/png", "application/pdf" })
        {
            ChatMessage message = new(ChatRole.User, [new TextContent(Question), new DataContent(new byte[] { 1, 2, 3 }, mediaType)]);
            await Expect.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(message), $"A {mediaType}").ConfigureAwait(false);
        }
    }

    /// <summary>A request for another model must not be answered by this one.</summary>
    public async Task Another_models_name_is_refused()
    {
        using var client = CreateClient();
        await Expect.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync(Question, new ChatOptions { ModelId = "another-model" }), "A request for another model").ConfigureAwait(false);
    }

    /// <summary>The small print of the interface.</summary>
    public async Task Null_is_refused_and_metadata_is_given()
    {
        using var client = CreateClient();
        await Expect.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!), "A list of messages that is null").ConfigureAwait(false);
        Expect.Throws<ArgumentNullException>(() => client.GetService(null!), "Asking for a service of no type");
        Expect.True(client.GetService<ChatClientMetadata>()?.DefaultModelId is { Length: > 0 }, "The metadata must name the model.");
        Expect.True(ReferenceEquals(client.GetService<IChatClient>(), client), "A client must find itself.");
        Expect.True(client.GetService(typeof(ChatClientMetadata), "key") is null, "There is no service under a key.");
    }

    /// <summary>Callers reuse what they pass in.</summary>
    public async Task Messages_and_options_stay_as_they_were()
    {
        using var client = CreateClient();
        List<ChatMessage> history = [new(ChatRole.User, ToolQuestion)];
        ChatOptions options = new() { Tools = [ConformanceTools.Declaration], Temperature = 0 };
        var before = JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(List<ChatMessage>)));
        await client.GetResponseAsync(history, options).ConfigureAwait(false);
        await client.GetStreamingResponseAsync(history, options).ToListAsync().ConfigureAwait(false);
        Expect.True(JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(List<ChatMessage>))) == before, "The messages must stay as they were.");
        Expect.True(options is { Tools.Count: 1, Temperature: 0, ToolMode: null, AdditionalProperties: null }, "The options must stay as they were.");
    }

    /// <summary>A token that is already cancelled.</summary>
    public async Task A_cancelled_request_is_cancelled()
    {
        using var client = CreateClient();
        CancellationToken cancelled = new(canceled: true);
        await Expect.ThrowsAsync<OperationCanceledException>(() => client.GetResponseAsync(Question, cancellationToken: cancelled), "A cancelled request").ConfigureAwait(false);
        await Expect.ThrowsAsync<OperationCanceledException>(() => client.GetStreamingResponseAsync(Question, cancellationToken: cancelled).ToListAsync().AsTask(), "A cancelled stream").ConfigureAwait(false);
    }

    /// <summary>A reader that stops reading does not spoil the next request.</summary>
    public async Task A_stream_can_be_left_early()
    {
        using var client = CreateClient();
        await foreach (var _ in client.GetStreamingResponseAsync(Question).ConfigureAwait(false))
        {
            break;
        }

        var response = await client.GetResponseAsync(Question).ConfigureAwait(false);
        Expect.True(response.Text.Contains(AnswerWord, StringComparison.Ordinal), $"The next answer must hold '{AnswerWord}'; it is '{response.Text}'.");
    }

    /// <summary>A client is used by many callers at once.</summary>
    public async Task Parallel_requests_do_not_mix()
    {
        using var client = CreateClient();
        var plain = (await client.GetResponseAsync(Question).ConfigureAwait(false)).Text;
        var requests = Enumerable.Range(0, 6).Select(async number => number % 2 == 0
            ? (await client.GetResponseAsync(Question).ConfigureAwait(false)).Text == plain
            : (await client.GetResponseAsync(ToolQuestion, new ChatOptions { Tools = [ConformanceTools.Declaration] }).ConfigureAwait(false))
                .Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Count() == 1);
        Expect.True((await Task.WhenAll(requests).ConfigureAwait(false)).All(right => right), "Requests in parallel must give what they give alone.");
    }

    /// <summary>Makes the client under test; the suite disposes it.</summary>
    protected abstract IChatClient CreateClient();
}
