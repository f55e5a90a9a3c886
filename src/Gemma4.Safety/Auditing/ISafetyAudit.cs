namespace Gemma4.Safety.Auditing;

/// <summary>Receives what policies do. Register any number in the container. Called from several threads at once, and awaited by nobody: be quick.</summary>
public interface ISafetyAudit
{
    /// <summary>Takes one event. What it throws ends the request.</summary>
    void Record(SafetyEvent occurrence);
}
