using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.Page;

/// <summary>The tools that the page's model may call. They run on the server, guarded by the safety stage.</summary>
internal static class DemoTools
{
    public static IReadOnlyList<AITool> All { get; } =
    [
        AIFunctionFactory.Create(GetWeather, "get_weather"),
        AIFunctionFactory.Create(Add, "add"),
        AIFunctionFactory.Create(Multiply, "multiply"),
    ];

    // A real application would ask a weather service; here the name of the city makes the weather.
    [Description("Gets the current weather for a city.")]
    private static string GetWeather([Description("The city name")] string city)
    {
        string[] skies = ["sunny", "cloudy", "rainy", "windy"];
        int number = city.Aggregate(17, (sum, letter) => ((sum * 31) + letter) & 0xFFFFFF);
        return $"It is {(number % 30) + 1} degrees and {skies[number / 30 % skies.Length]} in {city}.";
    }

    [Description("Adds two numbers.")]
    private static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

    [Description("Multiplies two numbers.")]
    private static double Multiply([Description("The first number")] double a, [Description("The second number")] double b) => a * b;
}
