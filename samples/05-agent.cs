// Agents of the Agent Framework: one with a tool and a session, then two in a workflow with fixed edges.
// dotnet run samples/05-agent.cs [country]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime
#:package Microsoft.Agents.AI
#:package Microsoft.Agents.AI.Workflows
#:package Google.Protobuf
#:package Microsoft.ML.Tokenizers

using System.ComponentModel;
using Gemma4;
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;

using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano());
AIAgent geographer = new ChatClientAgent(client, name: "geographer");
AIAgent forecaster = new ChatClientAgent(client, name: "forecaster", tools: [AIFunctionFactory.Create(GetWeather, "get_weather")]);

// One agent alone: the session keeps the conversation.
AgentSession session = await forecaster.CreateSessionAsync();
foreach (string question in new[] { "What is the weather in Paris?", "And in Rome?" })
{
    Console.WriteLine($"question: {question}");
    Console.WriteLine($"answer: {await forecaster.RunAsync(question, session)}");
}

// The geographer's answer becomes the forecaster's question.
NextQuestion next = new();
Workflow workflow = new WorkflowBuilder(geographer).AddEdge(geographer, next).AddEdge(next, forecaster).Build();

string start = $"What is the capital of {(args.Length > 0 ? string.Join(' ', args) : "Italy")}?";
Console.WriteLine($"workflow: {start}");
await using StreamingRun run = await InProcessExecution.RunStreamingAsync(workflow, new ChatMessage(ChatRole.User, start));
await run.TrySendMessageAsync(new TurnToken(emitEvents: true));
string? speaker = null;
await foreach (WorkflowEvent happening in run.WatchStreamAsync())
{
    if (happening is AgentResponseUpdateEvent { Update: { Text.Length: > 0 } update })
    {
        Console.Write(update.AuthorName == speaker ? update.Text : $"{(speaker is null ? "" : "\n")}{update.AuthorName}: {update.Text}");
        speaker = update.AuthorName;
    }
    else if (happening is WorkflowErrorEvent { Exception: { } exception })
    {
        throw exception;
    }
}

Console.WriteLine();

// A real application would ask a weather service.
[Description("Gets the current weather for a city.")]
static string GetWeather([Description("The city name")] string city) => $"It is 21 degrees and sunny in {city}.";

internal sealed class NextQuestion() : ChatProtocolExecutor("next-question")
{
    protected override async ValueTask TakeTurnAsync(List<ChatMessage> messages, IWorkflowContext context, bool? emitEvents, CancellationToken cancellationToken = default)
    {
        string city = messages[^1].Text.TrimEnd('.').Split(' ')[^1];
        await context.SendMessageAsync(new List<ChatMessage> { new(ChatRole.User, $"What is the weather in {city}?") }, cancellationToken);
    }
}
