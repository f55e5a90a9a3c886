namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>The string formats a constraint enforces, each as an expression for the whole text.</summary>
internal static class StringFormat
{
    private const string Year = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
    private const string LeapYear = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";
    private const string Date =
        "(" + Year + "-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)|" + LeapYear + "-02-29)";

    private const string Clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,7})?";
    private const string Time = Clock + "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

    // Offsets up to 14 hours are what DateTimeOffset takes, and what places on Earth have.
    private const string DateTime = Date + "T" + Clock + "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)";

    private const string Byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string IPv4 = Byte + "(\\." + Byte + "){3}";
    private const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string MailAtom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Email = MailAtom + "(\\." + MailAtom + ")*@" + Label + "(\\." + Label + ")+";

    private const string UriText = "([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})";
    private const string Uri = "[A-Za-z][A-Za-z0-9+.-]*:"
        + "(//([A-Za-z0-9._~!$&'()*+,;=:-]+@)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,4})?(/" + UriText + "*)?"
        + "|[A-Za-z0-9._~!$&'()*+,;=:@-]" + UriText + "*)"
        + "(\\?(" + UriText + "|\\?)*)?(#(" + UriText + "|\\?)*)?";

    private const string Hex = "[0-9A-Fa-f]";
    private const string Uuid = Hex + "{8}-" + Hex + "{4}-" + Hex + "{4}-" + Hex + "{4}-" + Hex + "{12}";

    /// <summary>The expression of a format, or null when it cannot be enforced.</summary>
    public static string? Expression(string name) => name switch
    {
        "date" => Date,
        "time" => Time,
        "date-time" => DateTime,
        "uuid" => Uuid,
        "email" => Email,
        "uri" => Uri,
        "ipv4" => IPv4,
        "hostname" => Label + "(\\." + Label + ")*",
        _ => null,
    };
}
