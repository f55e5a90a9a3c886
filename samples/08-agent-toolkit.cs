// The agent toolkit around a scripted model that makes the mistakes of a small one: no weights, no network.
// dotnet run samples/08-agent-toolkit.cs
#:project ../src/Gemma4.Agents/Gemma4.Agents.csproj
#:project ../src/Gemma4.Testing/Gemma4.Testing.csproj

using System.ComponentModel;
using Gemma4.Agents.Approvals;
using Gemma4.Agents.Guard;
using Gemma4.Agents.Runs;
using Gemma4.Agents.Tracing;
using Gemma4.Testing;
using Microsoft.Extensions.AI;

// What needs a person's word: here every deletion. The answer would come from ConsoleApprover in a real program.
ToolApprovalGate gate = new((tool, _) => tool == "delete_file");

ChatOptions tools = new()
{
    Tools =
    [
        AIFunctionFactory.Create(GetWeather, "get_weather"),
        AIFunctionFactory.Create(DeleteFile, "delete_file"),
    ],
};

// 1. Mistakes that have one reading are mended; others are answered with what to correct, and cost one retry.
ScriptedChatClient clumsy = new ScriptedChatClient()
    .EnqueueCall("get_waether", ("City", "Paris"), ("days", "3")) // misspelt tool, wrong case, quoted number
    .EnqueueCall("forecast", ("city", "Rome")) // no such tool
    .EnqueueCall("get_weather", ("city", "Rome"))
    .Enqueue("Sunny in both.");
AgentTrace trace = new();
await ShowAsync("A clumsy model", clumsy, trace);

// 2. A model that repeats itself is stopped after three equal calls.
int number = 0;
ScriptedChatClient stubborn = new ScriptedChatClient().Otherwise(asked => asked.Options?.ToolMode is NoneChatToolMode
    ? [new TextContent("Sunny, and I could not find out more.")]
    : [new FunctionCallContent($"again_{number++}", "get_weather", new Dictionary<string, object?> { ["city"] = "Paris" })]);
await ShowAsync("A stubborn model", stubborn, new AgentTrace());

// 3. Of two calls only the risky one waits; once approved, exactly that call runs, once.
ScriptedChatClient risky = new ScriptedChatClient()
    .EnqueueCalls(("get_weather", [("city", "Oslo")]), ("delete_file", [("path", "old.log")]));
await ShowAsync("A risky model", risky, new AgentTrace());
CallForApproval held = gate.Held.Single();
IReadOnlyList<ChatMessage> done = await gate.ResumeAsync(held.Id, ApprovalDecision.AllowOnce);
Console.WriteLine($"  approved: {held.Tool}({held.Arguments}) -> {done[1].Contents.OfType<FunctionResultContent>().Single().Result}");

// 4. The first run again, from its replay file.
ScriptedChatClient replayed = new ScriptedChatClient().EnqueueAll(AgentTrace.Parse(trace.ToJsonLines()).ModelAnswers);
await ShowAsync("The clumsy model, replayed", replayed, new AgentTrace());

async Task ShowAsync(string title, IChatClient model, AgentTrace steps)
{
    Console.WriteLine(title);
    using AgentRun run = AgentRun.Start(new AgentLimits { Rounds = 10, Calls = 20 }, steps);
    using IChatClient client = model.AsBuilder()
        .UseToolExecution(execution => execution.MaxConcurrency = 2)
        .UseToolApproval(gate)
        .UseFunctionInvocation()
        .UseToolGuard()
        .Build();
    ChatResponse response = await client.GetResponseAsync("Go on.", tools);
    foreach (AgentStep step in steps.Steps.Where(step => step.Kind != StepKind.Answer))
    {
        string mended = step.Repairs.Count > 0 ? $" (mended: {string.Join("; ", step.Repairs)})" : "";
        Console.WriteLine($"  {step.Kind}: {step.Tool}{step.Arguments}{mended} {step.Text?.ReplaceLineEndings(" ")}".TrimEnd());
    }

    string why = ToolGuardChatClient.StopReasonOf(response) is { } stop ? $" [stopped: {stop}]" : "";
    Console.WriteLine($"  {run.Calls} calls; answer: {response.Text}{why}");
}

// A real application would ask a weather service.
[Description("Gets the weather of a city.")]
static string GetWeather([Description("The city name")] string city, [Description("Days ahead")] int days = 1) => $"{city}: {days} sunny day(s)";

[Description("Deletes a file.")]
static string DeleteFile([Description("The path")] string path) => $"{path} deleted (not really)";
