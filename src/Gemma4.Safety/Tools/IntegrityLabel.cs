namespace Gemma4.Safety.Tools;

/// <summary>Where a content comes from. The higher value is trusted less; a mixture has the highest of its parts.</summary>
public enum IntegrityLabel
{
    /// <summary>The application itself.</summary>
    Application,

    /// <summary>The user.</summary>
    User,

    /// <summary>A tool's result: untrusted.</summary>
    Tool,

    /// <summary>A retrieved or attached document: untrusted.</summary>
    Document,
}
