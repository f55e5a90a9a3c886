using System.Globalization;

namespace Gemma4.Cli.Arguments;

internal sealed class ParsedArguments(IReadOnlyList<string> positionals, IReadOnlyDictionary<string, string> values)
{
    public IReadOnlyList<string> Positionals { get; } = positionals;

    public bool Has(string option) => values.ContainsKey(option);

    public string? Text(string option) => values.GetValueOrDefault(option);

    public int? Integer(string option, int minimum)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum
            ? number
            : throw new UsageException($"'{option}' takes a whole number of {minimum} or more, not '{text}'.");
    }

    public float? Number(string option, float minimum, float maximum)
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum
            ? number
            : throw new UsageException(string.Create(
                CultureInfo.InvariantCulture, $"'{option}' takes a number from {minimum} to {maximum}, not '{text}'."));
    }

    public T Choice<T>(string option, IReadOnlyDictionary<string, T> choices, T otherwise)
    {
        if (Text(option) is not { } text)
        {
            return otherwise;
        }

        return choices.TryGetValue(text, out var choice)
            ? choice
            : throw new UsageException(
                $"'{option}' takes {string.Join(", ", choices.Keys)}, not '{text}'.{NearestName.Suggest(text, choices.Keys)}");
    }
}
