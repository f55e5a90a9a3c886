using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Company.GemmaAgent;

/// <summary>What the model may call. It sees the names and the descriptions, so both should say what a method does.</summary>
internal static class AgentTools
{
    public static IReadOnlyList<AITool> All { get; } =
    [
        AIFunctionFactory.Create(GetWeather, "get_weather"),
        AIFunctionFactory.Create(Add, "add"),
        new ApprovalRequiredAIFunction(AIFunctionFactory.Create(SetAlarm, "set_alarm")), // runs only when the user agrees
    ];

    // A real application would ask a weather service.
    [Description("Gets the current weather for a city.")]
    private static string GetWeather([Description("The city name")] string city) => $"It is 21 degrees and sunny in {city}.";

    [Description("Adds two numbers.")]
    private static double Add([Description("The first number")] double a, [Description("The second number")] double b) => a + b;

    // A real application would change something here.
    [Description("Sets an alarm.")]
    private static string SetAlarm([Description("The time")] string time) => $"The alarm is set for {time}.";
}
