using System.Text.Json;
using Gemma4.Safety.Detection.Content;
using Gemma4.Safety.Detection.Injection;
using Gemma4.Safety.Detection.PersonalData;
using Gemma4.Safety.Detection.Secrets;

namespace Gemma4.Safety.Detection;

/// <summary>Makes the built-in detectors. All of them work without a model and may be shared by any number of conversations.</summary>
public static class Detectors
{
    /// <summary>Cards, accounts, national ids, addresses of the internet, phones, dates of birth: more than 80 kinds with their checksums.</summary>
    /// <param name="entities">The entities to report, e.g. <c>EMAIL</c>; all when null.</param>
    /// <param name="minScore">The lowest confidence reported, 0 to 1. A lower value finds more and errs more often; default 0.4.</param>
    public static ITextDetector PersonalData(IEnumerable<string>? entities = null, double minScore = 0.4)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minScore);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minScore, 1);
        return new PersonalDataDetector(entities, minScore);
    }

    /// <summary>Credentials: more than 60 token formats, private keys, passwords in addresses, random values behind telling names.</summary>
    public static ITextDetector Secrets() => new SecretsDetector();

    /// <summary>Text that gives the model new orders: rules in several languages and a small linear model. Reads the whole text.</summary>
    /// <param name="threshold">The model's score from which a text is reported, 0 to 1; rules are not affected. Default 0.5, tuned for one false alarm in a hundred harmless texts.</param>
    public static ITextDetector PromptInjection(double threshold = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, 1);
        return new PromptInjectionDetector(threshold);
    }

    /// <summary>The application's own words and phrases, found as whole words however they are spelled.</summary>
    /// <param name="topic">A name for the list; findings carry it as <c>blocked/topic</c>.</param>
    /// <param name="phrases">Words and phrases in any case.</param>
    /// <exception cref="ArgumentException"><paramref name="topic"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="phrases"/> is null.</exception>
    public static ITextDetector BlockedWords(string topic, IEnumerable<string> phrases)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ArgumentNullException.ThrowIfNull(phrases);
        return new BlockedWordsDetector(topic, phrases);
    }

    /// <summary>Images and links that would carry data to a host.</summary>
    /// <param name="allowedHosts">Hosts that may be linked, subdomains included. When given, every image from another host is reported.</param>
    public static ITextDetector Exfiltration(IEnumerable<string>? allowedHosts = null) => new ExfiltrationDetector(allowedHosts);

    /// <summary>Answers that repeat ten or more words in a row of the system prompt, or its canary.</summary>
    /// <param name="systemPrompt">The prompt to protect.</param>
    /// <param name="canary">A word that stands in the prompt only to be recognised; may be null.</param>
    /// <exception cref="ArgumentNullException"><paramref name="systemPrompt"/> is null.</exception>
    public static ITextDetector PromptLeak(string systemPrompt, string? canary = null)
    {
        ArgumentNullException.ThrowIfNull(systemPrompt);
        return new PromptLeakDetector(systemPrompt, canary);
    }

    /// <summary>Gemma's control tokens spelled out in text.</summary>
    public static ITextDetector ControlMarkers() => new ControlMarkerDetector();

    /// <summary>Characters that a reader cannot see but a model reads.</summary>
    public static ITextDetector HiddenCharacters() => new HiddenCharactersDetector();

    /// <summary>HTML that would run when a page shows it. For applications that render answers as HTML.</summary>
    public static ITextDetector UnsafeOutput() => new UnsafeOutputDetector();

    /// <summary>Answers that are not one well-formed JSON value with every member once. Reads the whole text.</summary>
    /// <param name="check">Whether the value is the expected one; any value is when null.</param>
    public static ITextDetector MalformedJson(Func<JsonElement, bool>? check = null) => new MalformedJsonDetector(check);

    /// <summary>
    /// Answers that are not one JSON value which follows a schema. Reads the whole text. <c>format</c> and the other
    /// annotations check nothing; a pattern works on UTF-16 units and has 100 ms for one text.
    /// </summary>
    /// <param name="schema">
    /// A JSON Schema of draft 7, 2019-09 or 2020-12 with references within it, e.g. <c>#/$defs/name</c>.
    /// </param>
    /// <exception cref="ArgumentException">The schema is no JSON, or a keyword has a value that it cannot have.</exception>
    /// <exception cref="NotSupportedException">The schema uses a keyword, reference or draft that is not checked, e.g. <c>unevaluatedProperties</c>.</exception>
    public static ITextDetector JsonSchema(string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new MalformedJsonDetector(schema: Schemas.JsonSchema.Read(schema));
    }
}
