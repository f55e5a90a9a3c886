using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Policies;

/// <summary>
/// Judges a whole text and may wait for something, such as a model. A rule names it by its id and says what follows from
/// its findings. Called from several threads at once.
/// </summary>
public interface ISafetyFilter
{
    /// <summary>The filter's name, stable across versions.</summary>
    string Id { get; }

    /// <summary>What the filter objects to; empty when nothing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stage">Where it stands.</param>
    /// <param name="cancellationToken">Ends the wait, at the latest when the filter's time is up.</param>
    ValueTask<IReadOnlyList<Finding>> CheckAsync(string text, SafetyStage stage, CancellationToken cancellationToken);
}
