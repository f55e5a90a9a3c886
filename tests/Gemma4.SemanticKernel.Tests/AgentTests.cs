using System.ComponentModel;
using Gemma4.Testing;
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>Agents of the Agent Framework over our client.</summary>
public class AgentTests
{
    [Fact]
    public async Task An_agent_with_a_tool_answers_and_its_session_remembers()
    {
        using IChatClient client = Nano();
        int calls = 0;
        ChatClientAgent agent = new(client, tools: [WeatherTool(() => calls++)]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse first = await agent.RunAsync("What is the weather in Paris?", session);
        AgentResponse second = await agent.RunAsync("And in Rome?", session);

        Assert.Contains("Paris", first.Text, StringComparison.Ordinal);
        Assert.Contains("Rome", second.Text, StringComparison.Ordinal);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_session_goes_on_after_a_way_through_JSON()
    {
        using IChatClient client = Nano();
        ChatClientAgent agent = new(client, tools: [WeatherTool(() => { })]);
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("What is the weather in Paris?", session);

        AgentSession restored = await agent.DeserializeSessionAsync(await agent.SerializeSessionAsync(session));

        Assert.Contains("Rome", (await agent.RunAsync("And in Rome?", restored)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_streamed_run_gives_the_calls_the_results_and_the_text()
    {
        using IChatClient client = Nano();
        ChatClientAgent agent = new(client, name: "weather", tools: [WeatherTool(() => { })]);

        List<AgentResponseUpdate> updates = await agent.RunStreamingAsync("What is the weather in Paris?").ToListAsync();

        Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionResultContent>());
        Assert.Contains("Paris", updates.ToAgentResponse().Text, StringComparison.Ordinal);
        Assert.All(updates, update => Assert.Equal("weather", update.AuthorName));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_call_waits_for_approval(bool approved, int expected)
    {
        using IChatClient client = Nano();
        int calls = 0;
        ChatClientAgent agent = new(client, tools: [new ApprovalRequiredAIFunction(WeatherTool(() => calls++))]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse asking = await agent.RunAsync("What is the weather in Paris?", session);
        ToolApprovalRequestContent request = asking.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        Assert.Equal(0, calls);
        AgentResponse answer = await agent.RunAsync(new ChatMessage(ChatRole.User, [request.CreateResponse(approved, "Because.")]), session);

        Assert.Equal(expected, calls);
        Assert.NotEmpty(answer.Text);
    }

    [Fact]
    public async Task Structured_output_reaches_the_client_as_a_response_format()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("""{"city":"Paris","degrees":21}""");

        AgentResponse<Weather> response = await new ChatClientAgent(client).RunAsync<Weather>("What is the weather in Paris?");

        Assert.Equal(new Weather("Paris", 21), response.Result);
        Assert.NotNull(Assert.IsType<ChatResponseFormatJson>(client.Calls[0].Options!.ResponseFormat).Schema);
    }

    [Fact]
    public async Task Two_agents_in_a_workflow_with_a_fixed_edge_run_one_after_the_other()
    {
        using IChatClient client = Nano();
        AIAgent geographer = new ChatClientAgent(client, name: "geographer");
        AIAgent forecaster = new ChatClientAgent(client, name: "forecaster", tools: [WeatherTool(() => { })]);
        NextQuestion next = new();
        ExecutorBinding last = forecaster;
        Workflow workflow = new WorkflowBuilder(geographer).AddEdge(geographer, next).AddEdge(next, last).WithOutputFrom(last).Build();

        await using StreamingRun run = await InProcessExecution.RunStreamingAsync(workflow, new ChatMessage(ChatRole.User, "What is the capital of Italy?"));
        await run.TrySendMessageAsync(new TurnToken(emitEvents: true));
        Dictionary<string, string> texts = [];
        await foreach (WorkflowEvent happening in run.WatchStreamAsync())
        {
            Assert.IsNotType<WorkflowErrorEvent>(happening);
            Assert.IsNotType<ExecutorFailedEvent>(happening);
            if (happening is AgentResponseUpdateEvent { Update: { AuthorName: { } author } update })
            {
                texts[author] = texts.GetValueOrDefault(author) + update.Text;
            }
        }

        Assert.Contains("Rome", texts["geographer"], StringComparison.Ordinal);
        Assert.Contains("21 degrees", texts["forecaster"], StringComparison.Ordinal);
        Assert.Contains("Rome", texts["forecaster"], StringComparison.Ordinal);
    }

    private static IChatClient Nano() => new Gemma4ChatClient(new Gemma4Options().UseNano());

    private static AIFunction WeatherTool(Action onCall) => AIFunctionFactory.Create(
        ([Description("The city name")] string city) =>
        {
            onCall();
            return $"It is 21 degrees and sunny in {city}.";
        },
        "get_weather",
        "Gets the current weather for a city.");

    private sealed record Weather(string City, int Degrees);

    /// <summary>Makes the second agent's question of the first one's answer.</summary>
    private sealed class NextQuestion() : ChatProtocolExecutor("next-question")
    {
        protected override async ValueTask TakeTurnAsync(List<ChatMessage> messages, IWorkflowContext context, bool? emitEvents, CancellationToken cancellationToken = default)
        {
            string city = messages[^1].Text.TrimEnd('.').Split(' ')[^1];
            await context.SendMessageAsync(new List<ChatMessage> { new(ChatRole.User, $"What is the weather in {city}?") }, cancellationToken);
        }
    }
}
