// The model answers by calling C# methods. dotnet run samples/03-tools.cs [--engine ort|genai|genai-cuda] [question...]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:project ../src/Gemma4.OnnxRuntimeGenAI/Gemma4.OnnxRuntimeGenAI.csproj
#:package Microsoft.ML.OnnxRuntime

using System.ComponentModel;
using System.Globalization;
using Gemma4;
using Microsoft.Extensions.AI;

// The managed engine is the default. The native one needs its library: -p:Gemma4Runtime=genai-cpu or genai-cuda brings
// the package, or the variable GEMMA4_GENAI_LIBRARY names the file, and then chooses the engine as well.
bool named = args is ["--engine", _, ..];
string engine = named ? args[1] : Environment.GetEnvironmentVariable("GEMMA4_GENAI_LIBRARY") is { Length: > 0 } ? "genai" : "ort";
string[] questions = named ? args[2..] : args;

if (engine is not ("ort" or "genai" or "genai-cuda"))
{
    Console.WriteLine($"'{engine}' is no engine. Choose ort, genai or genai-cuda.");
    return 1;
}

Gemma4Options model = new Gemma4Options().UseNano();
if (engine is "genai" or "genai-cuda")
{
    model.UseOnnxRuntimeGenAI(native => native.Provider = engine == "genai" ? "cpu" : "cuda");
}

using Gemma4ChatClient gemma = new(model);
try
{
    await gemma.WarmUpAsync();
}
catch (Gemma4ModelException missing)
{
    Console.WriteLine(missing.Message);
    return 1;
}

Console.WriteLine($"engine: {(engine == "ort" ? "managed, on ONNX Runtime" : engine)}");
using IChatClient client = gemma
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

questions = questions.Length > 0 ? questions : ["What is the weather in Paris?", "What is 17 plus 25?", "What is 6 times 7?"];
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

return 0;

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
