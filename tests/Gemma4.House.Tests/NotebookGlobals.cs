namespace Gemma4.House.Tests;

/// <summary>What the notebook kernel offers to every cell beyond packages. Public because scripts bind to it.</summary>
public sealed class NotebookGlobals
{
#pragma warning disable CA1822 // Scripts call members of an instance.
    /// <summary>Shows its text as a page; here the text itself is the output.</summary>
    public string HTML(string text) => text;
#pragma warning restore CA1822
}
