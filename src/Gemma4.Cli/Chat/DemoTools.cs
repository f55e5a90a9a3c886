using System.ComponentModel;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>Functions to try tool calling with: invented weather and real arithmetic.</summary>
internal static class DemoTools
{
    private static readonly string[] Skies = ["sunny", "cloudy", "rainy", "windy"];

    public static IReadOnlyList<AIFunction> All { get; } =
    [
        AIFunctionFactory.Create(GetWeather, "get_weather"),
        AIFunctionFactory.Create(Add, "add"),
        AIFunctionFactory.Create(Multiply, "multiply"),
    ];

    [Description("Gets the current weather for a city.")]
    internal static string GetWeather([Description("The city name")] string city)
    {
        // The name decides: any city has weather, and always the same one.
        var seed = 17;
        foreach (var letter in city.Trim())
        {
            seed = ((seed * 31) + char.ToLowerInvariant(letter)) & 0xFFFFFF;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"It is {(seed % 30) + 1} degrees and {Skies[seed / 30 % Skies.Length]} in {city.Trim()}.");
    }

    [Description("Adds two numbers.")]
    internal static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

    [Description("Multiplies two numbers.")]
    internal static double Multiply([Description("The first number")] double a, [Description("The second number")] double b) => a * b;
}
