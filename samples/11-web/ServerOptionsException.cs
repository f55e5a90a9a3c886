namespace Gemma4.Web;

/// <summary>The server does not start with these settings; the message says why and what to change.</summary>
public sealed class ServerOptionsException(string message) : Exception(message);
