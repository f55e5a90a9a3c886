namespace Gemma4.Prompting;

/// <summary>Who speaks in a neutral message.</summary>
internal enum PromptRole
{
    System,
    Developer,
    User,
    Model,
    Tool,
}
