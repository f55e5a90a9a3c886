namespace Gemma4.Parsing;

/// <summary>The control tokens that mean something in a response; the parser drops all the others.</summary>
internal enum ControlToken
{
    Other,
    ChannelOpen,
    ChannelClose,
    ToolCallOpen,
    ToolCallClose,
    ToolResponseOpen,
    TurnOpen,
    TurnClose,
    EndOfSequence,
    StringDelimiter,
}
