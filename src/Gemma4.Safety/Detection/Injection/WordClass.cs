namespace Gemma4.Safety.Detection.Injection;

/// <summary>What a word can contribute to an order; a word may belong to several classes.</summary>
[Flags]
internal enum WordClass
{
    None = 0,

    /// <summary>ignore, disregard, forget</summary>
    Ignore = 1,

    /// <summary>previous, above, prior, all</summary>
    Earlier = 2,

    /// <summary>instructions, rules, prompt</summary>
    Orders = 4,

    /// <summary>reveal, print, repeat</summary>
    Reveal = 8,

    /// <summary>system, initial, hidden</summary>
    Hidden = 16,

    /// <summary>prompt, instructions (as a thing that can be shown)</summary>
    Prompt = 32,

    /// <summary>everything, all</summary>
    All = 64,

    /// <summary>new, additional, updated</summary>
    New = 128,

    /// <summary>your</summary>
    Your = 256,

    /// <summary>restrictions, filters, guidelines</summary>
    Limits = 512,

    /// <summary>without, no, bypass, disable</summary>
    Without = 1024,
}
