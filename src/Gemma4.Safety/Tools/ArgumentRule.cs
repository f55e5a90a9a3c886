namespace Gemma4.Safety.Tools;

/// <summary>What an argument of a tool may be.</summary>
public sealed class ArgumentRule
{
    /// <summary>The tool's name. Required.</summary>
    public string Tool { get; set; } = "";

    /// <summary>The argument's name. Required.</summary>
    public string Argument { get; set; } = "";

    /// <summary>The values that are allowed; empty is all.</summary>
    public IList<string> AllowedValues { get; set; } = [];

    /// <summary>A regular expression that the whole value must match, without back references or look-around.</summary>
    public string? Pattern { get; set; }

    /// <summary>Hosts that an address may have, subdomains included; anything else than such an http or https address is not allowed.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>A folder that a path must stay in.</summary>
    public string? Root { get; set; }

    /// <summary>The most characters; null is any number.</summary>
    public int? MaxLength { get; set; }

    /// <summary>What happens otherwise; default <see cref="ToolDecision.Block"/>.</summary>
    public ToolDecision Otherwise { get; set; } = ToolDecision.Block;
}
