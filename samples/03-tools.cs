// The model answers by calling C# methods. dotnet run samples/03-tools.cs [question...]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime

using System.ComponentModel;
using System.Globalization;
using Gemma4;
using Microsoft.Extensions.AI;

using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano())
    .AsBuilder()
    .UseFunctionInvocation() // runs the calls and hands their results back to the model
    .Build();

ChatOptions options = new()
{
    Tools =
    [
        AIFunctionFactory.Create(GetWeather, "get_weather"),
        AIFunctionFactory.Create(Add, "add"),
        AIFunctionFactory.Create(Multiply, "multiply"),
    ],
};

string[] questions = args.Length > 0 ? args : ["What is the weather in Paris?", "What is 17 plus 25?", "What is 6 times 7?"];
foreach (string question in questions)
{
    Console.WriteLine($"question: {question}");
    bool inAnswer = false;
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, options))
    {
        foreach (AIContent content in update.Contents)
        {
            switch (content)
            {
                case FunctionCallContent call:
                    Console.WriteLine($"call: {call.Name}({string.Join(", ", call.Arguments?.Select(Spell) ?? [])})");
                    break;
                case FunctionResultContent result:
                    Console.WriteLine($"result: {result.Result}");
                    break;
                case TextContent { Text.Length: > 0 } text:
                    Console.Write(inAnswer ? text.Text : $"answer: {text.Text}");
                    inAnswer = true;
                    break;
            }
        }
    }

    Console.WriteLine();
}

static string Spell(KeyValuePair<string, object?> argument) =>
    string.Create(CultureInfo.InvariantCulture, $"{argument.Key}: {argument.Value}");

// A real application would ask a weather service; here the name of the city makes the weather.
[Description("Gets the current weather for a city.")]
static string GetWeather([Description("The city name")] string city)
{
    string[] skies = ["sunny", "cloudy", "rainy", "windy"];
    int number = city.Aggregate(17, (sum, letter) => ((sum * 31) + letter) & 0xFFFFFF);
    return $"It is {(number % 30) + 1} degrees and {skies[number / 30 % skies.Length]} in {city}.";
}

[Description("Adds two numbers.")]
static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

[Description("Multiplies two numbers.")]
static double Multiply([Description("The first number")] double a, [Description("The second number")] double b) => a * b;
