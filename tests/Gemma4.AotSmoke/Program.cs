using System.Text.Json;
using Gemma4;
using Microsoft.Extensions.AI;

// Native code without reflection: an answer, then a call whose declaration is written by hand.
using var client = new Gemma4ChatClient(new Gemma4Options().UseNano());

var answer = await client.GetResponseAsync("What is the capital of France?");
Console.WriteLine(answer.Text);

var weather = AIFunctionFactory.CreateDeclaration(
    "get_weather",
    "Gets the current weather for a city.",
    JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string","description":"The city name"}},"required":["city"]}"""));
var response = await client.GetResponseAsync("What is the weather in Rome?", new ChatOptions { Tools = [weather] });
var call = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault();
Console.WriteLine($"call: {call?.Name} {call?.Arguments?["city"]}");

return answer.Text.Contains("Paris", StringComparison.Ordinal) && call?.Arguments?["city"]?.ToString() == "Rome" ? 0 : 1;
