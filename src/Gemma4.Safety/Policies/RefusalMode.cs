namespace Gemma4.Safety.Policies;

/// <summary>How a refusal reaches the caller.</summary>
public enum RefusalMode
{
    /// <summary>As a response with the finish reason <c>content_filter</c> and the rule in its additional properties.</summary>
    Response,

    /// <summary>As a <see cref="SafetyRefusalException"/>.</summary>
    Exception,
}
