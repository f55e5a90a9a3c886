namespace Gemma4.Prompting;

/// <summary>What a content part holds; media parts become a placeholder token.</summary>
internal enum PromptPartKind
{
    Text,
    Image,
    Audio,
    Video,
}
