namespace Gemma4.Safety.Detection.Secrets;

/// <summary>What the name before a value promises.</summary>
internal enum SecretNameKind
{
    None,

    /// <summary>Chosen by a person: short, but not a word.</summary>
    Password,

    /// <summary>Made by a machine: long and random.</summary>
    Key,
}
