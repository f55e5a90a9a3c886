namespace Gemma4.Safety.Policies;

/// <summary>
/// An object that a stage of the application puts into the additional properties of an answer, such as a report for the
/// application itself. It passes as it is; any other object there is judged, and dropped where the policy would cut something.
/// </summary>
public interface ITrustedProperty;
