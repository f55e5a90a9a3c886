using System.ClientModel;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace Gemma4.Web.Tests;

/// <summary>OpenAI's own .NET client talks to the server.</summary>
public sealed class OpenAIClientTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly ChatTool Add = ChatTool.CreateFunctionTool("add", "Adds two numbers.", BinaryData.FromString(
        """{"type":"object","properties":{"a":{"type":"number","description":"The first number"},"b":{"type":"number","description":"The second number"}},"required":["a","b"]}"""));

    private readonly OpenAIClient _client = new(new ApiKeyCredential("unused"), new OpenAIClientOptions { Endpoint = new Uri(shared.Server.Url, "v1") });

    private ChatClient Chat => _client.GetChatClient("gemma4-nano");

    [Fact]
    public async Task A_question_is_answered()
    {
        ChatCompletion completion = await Chat.CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("What is the capital of France?")]);

        Assert.Contains("Paris", completion.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        Assert.Equal("gemma4-nano", completion.Model);
        Assert.Equal(completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount, completion.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_stream_adds_up_to_the_answer_and_ends_with_the_usage()
    {
        string text = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        int pieces = 0;
        await foreach (StreamingChatCompletionUpdate update in Chat.CompleteChatStreamingAsync([new UserChatMessage("What is the capital of France?")]))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            pieces += update.ContentUpdate.Count;
            finish ??= update.FinishReason;
            usage = update.Usage ?? usage;
        }

        ChatCompletion whole = await Chat.CompleteChatAsync([new UserChatMessage("What is the capital of France?")]);
        Assert.Equal((whole.Content[0].Text, ChatFinishReason.Stop, whole.Usage.TotalTokenCount), (text, finish, usage!.TotalTokenCount));
        Assert.True(pieces > 3, $"The answer must come in pieces; it came in {pieces}.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tool_is_called_run_by_the_caller_and_its_result_used(bool parallel)
    {
        ChatCompletionOptions options = new() { Tools = { Add }, AllowParallelToolCalls = parallel };
        List<ChatMessage> messages = [new UserChatMessage("What is 17 plus 25?")];

        ChatCompletion call = await Chat.CompleteChatAsync(messages, options);
        ChatToolCall tool = Assert.Single(call.ToolCalls);
        using JsonDocument arguments = JsonDocument.Parse(tool.FunctionArguments);
        double sum = arguments.RootElement.GetProperty("a").GetDouble() + arguments.RootElement.GetProperty("b").GetDouble();
        messages.Add(new AssistantChatMessage(call));
        messages.Add(new ToolChatMessage(tool.Id, sum.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        ChatCompletion answer = await Chat.CompleteChatAsync(messages, options);

        Assert.Equal((ChatFinishReason.ToolCalls, "add"), (call.FinishReason, tool.FunctionName));
        Assert.Contains("42", answer.Content[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_streamed_call_is_whole()
    {
        string arguments = "";
        ChatFinishReason? finish = null;
        await foreach (StreamingChatCompletionUpdate update in Chat.CompleteChatStreamingAsync([new UserChatMessage("What is 17 plus 25?")], new ChatCompletionOptions { Tools = { Add } }))
        {
            arguments += string.Concat(update.ToolCallUpdates.Select(piece => piece.FunctionArgumentsUpdate));
            finish ??= update.FinishReason;
        }

        using JsonDocument parsed = JsonDocument.Parse(arguments);
        Assert.Equal((17, 25), (parsed.RootElement.GetProperty("a").GetInt32(), parsed.RootElement.GetProperty("b").GetInt32()));
        Assert.Equal(ChatFinishReason.ToolCalls, finish);
    }

    [Fact]
    public async Task Tool_choice_is_enforced_and_not_only_asked_for()
    {
        async Task<ChatCompletion> AskAsync(string question, ChatToolChoice choice) =>
            await Chat.CompleteChatAsync([new UserChatMessage(question)], new ChatCompletionOptions { Tools = { Add }, ToolChoice = choice });

        ChatCompletion required = await AskAsync("What is the capital of France?", ChatToolChoice.CreateRequiredChoice());
        ChatCompletion named = await AskAsync("Hello", ChatToolChoice.CreateFunctionChoice("add"));
        ChatCompletion none = await AskAsync("What is 17 plus 25?", ChatToolChoice.CreateNoneChoice());

        Assert.Equal(["add", "add"], required.ToolCalls.Concat(named.ToolCalls).Select(call => call.FunctionName));
        Assert.Empty(none.ToolCalls);
    }

    [Fact]
    public async Task A_schema_is_kept()
    {
        BinaryData schema = BinaryData.FromString("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""");
        ChatCompletionOptions options = new() { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("person", schema, jsonSchemaIsStrict: true) };

        ChatCompletion completion = await Chat.CompleteChatAsync([new UserChatMessage("Make up a person.")], options);

        using JsonDocument person = JsonDocument.Parse(completion.Content[0].Text);
        Assert.Equal(JsonValueKind.Number, person.RootElement.GetProperty("age").ValueKind);
        Assert.Equal(2, person.RootElement.EnumerateObject().Count());
    }

    [Fact]
    public async Task Limits_stops_and_seeds_are_kept()
    {
        UserChatMessage[] messages = [new("What is the capital of France?")];
        ChatCompletion cut = await Chat.CompleteChatAsync(messages, new ChatCompletionOptions { MaxOutputTokenCount = 2 });
        ChatCompletion stopped = await Chat.CompleteChatAsync(messages, new ChatCompletionOptions { StopSequences = { "Paris" } });
        ChatCompletion one = await Chat.CompleteChatAsync(messages, new ChatCompletionOptions { Temperature = 1.5f, TopP = 0.9f, Seed = 7 });
        ChatCompletion two = await Chat.CompleteChatAsync(messages, new ChatCompletionOptions { Temperature = 1.5f, TopP = 0.9f, Seed = 7 });

        Assert.Equal((ChatFinishReason.Length, 2), (cut.FinishReason, cut.Usage.OutputTokenCount));
        Assert.DoesNotContain("Paris", stopped.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(one.Content[0].Text, two.Content[0].Text);
    }

    [Fact]
    public async Task Errors_reach_the_caller_with_their_names()
    {
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => _client.GetChatClient("gpt-4").CompleteChatAsync([new UserChatMessage("Hi")]));
        var unsupported = await Assert.ThrowsAsync<ClientResultException>(() => Chat.CompleteChatAsync([new UserChatMessage("Hi")], new ChatCompletionOptions { LogitBiases = { [5] = 1 } }));

        Assert.Equal((404, 400), (unknown.Status, unsupported.Status));
        Assert.Contains("model_not_found", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("logit_bias", unsupported.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_are_embedded_in_the_length_asked_for()
    {
        EmbeddingClient embeddings = _client.GetEmbeddingClient("hashed-ngrams");
        OpenAIEmbeddingCollection some = await embeddings.GenerateEmbeddingsAsync(["The museum opens at ten.", "The museums open at ten!", "Bicycles cost money."]);
        OpenAIEmbedding shorter = await embeddings.GenerateEmbeddingAsync("The museum opens at ten.", new EmbeddingGenerationOptions { Dimensions = 64 });

        float Similarity(int left, int right) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(some[left].ToFloats().Span, some[right].ToFloats().Span);
        Assert.Equal((512, 64), (some[0].ToFloats().Length, shorter.ToFloats().Length));
        Assert.True(Similarity(0, 1) > Similarity(0, 2));

        // museum opens ten, museums open ten, bicycles cost money: the words that are embedded.
        Assert.Equal((9, 9), (some.Usage.InputTokenCount, some.Usage.TotalTokenCount));
    }

    [Fact]
    public async Task Models_are_listed()
    {
        var models = await _client.GetOpenAIModelClient().GetModelsAsync();

        Assert.Equal(["gemma4-nano", "hashed-ngrams"], models.Value.Select(model => model.Id));
    }
}
