// Answers that are valid by construction: tool choice, JSON of a C# type, choices, a grammar. dotnet run samples/06-structured.cs
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime
#:property NoWarn=$(NoWarn);GEMMA4001

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Gemma4;
using Gemma4.Sampling.Constraints;
using Microsoft.Extensions.AI;

using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano());

// A C# type. Nano copies short facts well; what a larger model adds is better values, not a better format.
ChatResponse<Person> person = await client.GetResponseAsync<Person>("Reply with JSON with the fields name and age: Anna is 7 years old.");
Console.WriteLine($"as an object: {person.Result}");

// Hot and confused, it is still an object of the type: the limits of its attributes are kept too.
ChatResponse<Person> wild = await client.GetResponseAsync<Person>("Hello!", new ChatOptions { Temperature = 2, Seed = 1, MaxOutputTokens = 200 });
Console.WriteLine($"at temperature 2: {(wild.TryGetResult(out Person? someone) ? someone : "cut by the token limit")}");

// A call must come, of this function, though nothing asks for it.
ChatOptions required = new()
{
    Tools = [AIFunctionFactory.Create(GetWeather, "get_weather"), AIFunctionFactory.Create(() => DateTime.Now, "get_time")],
    ToolMode = ChatToolMode.RequireSpecific("get_weather"),
};
ChatResponse call = await client.GetResponseAsync("Hello from Rome!", required);
foreach (FunctionCallContent made in call.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
{
    Console.WriteLine($"required call: {made.Name}({JsonSerializer.Serialize(made.Arguments)})");
}

// One of a few words, a regular expression, a grammar.
(string Name, Gemma4Constraint Constraint)[] constraints =
[
    ("choice", Gemma4Constraint.Choices(["positive", "neutral", "negative"])),
    ("regex", Gemma4Constraint.Regex("[A-Z]{2}-[0-9]{4}")),
    ("grammar", Gemma4Constraint.Grammar("""
        root ::= move (" " move){1,3}
        move ::= ("up" | "down" | "left" | "right") ":" /[1-9]/
        """)),
];
foreach ((string name, Gemma4Constraint constraint) in constraints)
{
    ChatOptions options = new() { AdditionalProperties = new() { ["constraint"] = constraint }, Seed = 4 };
    ChatResponse answer = await client.GetResponseAsync("I like this product.", options);
    long forced = answer.Usage?.AdditionalCounts?.GetValueOrDefault("forced_tokens") ?? 0;
    Console.WriteLine($"{name}: {answer.Text} ({answer.Usage?.OutputTokenCount} tokens, {forced} of them without asking the model)");
}

// What cannot be kept is said at once.
try
{
    await client.GetResponseAsync("Hi", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"integer","minimum":3,"maximum":2}""")) });
}
catch (Gemma4ConstraintException problem)
{
    Console.WriteLine($"refused: {problem.Message}");
}

[Description("Gets the current weather for a city.")]
static string GetWeather([Description("The city name")] string city) => $"21 degrees and sunny in {city}";

internal sealed record Person([property: StringLength(20)] string Name, [property: Range(0, 130)] int Age);
