using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Policies;

/// <summary>One detector or filter, where it looks and what it does. All members bind from configuration.</summary>
public sealed class SafetyRule
{
    /// <summary>
    /// What finds: <c>personal-data</c>, <c>secrets</c>, <c>prompt-injection</c>, <c>exfiltration</c>, <c>control-markers</c>,
    /// <c>hidden-text</c>, <c>unsafe-output</c>, <c>json-output</c>, <c>blocked-words</c>, <c>prompt-leak</c>, <c>size</c>, or the
    /// id of a detector or filter that was added to the options. Required.
    /// </summary>
    public string Detector { get; set; } = "";

    /// <summary>A name to switch the rule off by; default the detector's.</summary>
    public string? Id { get; set; }

    /// <summary>Where it looks; empty is everywhere.</summary>
    public IList<SafetyStage> Stages { get; set; } = [];

    /// <summary>What it does; default <see cref="SafetyAction.Log"/>.</summary>
    public SafetyAction Action { get; set; } = SafetyAction.Log;

    /// <summary>How it redacts; default <see cref="RedactionStyle.Label"/>.</summary>
    public RedactionStyle Style { get; set; }

    /// <summary>The entities it is about, e.g. <c>EMAIL</c>; empty is all.</summary>
    public IList<string> Entities { get; set; } = [];

    /// <summary>Entities it is not about.</summary>
    public IList<string> ExceptEntities { get; set; } = [];

    /// <summary>The lowest score that counts, 0 to 1; default the detector's own.</summary>
    public double? MinScore { get; set; }

    /// <summary><c>blocked-words</c>: the name of the list.</summary>
    public string? Topic { get; set; }

    /// <summary><c>blocked-words</c>: the words and phrases. Required there.</summary>
    public IList<string> Phrases { get; set; } = [];

    /// <summary><c>exfiltration</c>: hosts that may be linked, subdomains included; empty judges by what the address carries.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary><c>size</c>: the most characters of one text. Required there; at least 1.</summary>
    public int? MaxCharacters { get; set; }

    /// <summary><c>json-output</c>: a JSON Schema that the answer must follow, as text; null checks that it is well formed. See <see cref="Detectors.JsonSchema"/>.</summary>
    public string? Schema { get; set; }

    /// <summary>
    /// <c>json-output</c>: whether the answer is checked exactly when the request's <c>ChatOptions.ResponseFormat</c> is JSON,
    /// against the schema that stands there. Not together with <see cref="Schema"/>. Default false.
    /// </summary>
    public bool UseResponseFormat { get; set; }

    /// <summary><c>prompt-leak</c>: a word in the system prompt that stands there only to be recognised.</summary>
    public string? Canary { get; set; }

    /// <summary>What <see cref="SafetyAction.Replace"/> puts in place. Required there.</summary>
    public string? Replacement { get; set; }

    /// <summary>Whether a request may neither switch the rule off nor leave it by choosing another policy.</summary>
    public bool Locked { get; set; }

    /// <summary>Whether a text passes when the filter fails or is late. Default false: it is refused.</summary>
    public bool FailOpen { get; set; }
}
