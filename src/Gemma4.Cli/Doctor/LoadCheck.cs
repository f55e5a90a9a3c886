using System.Globalization;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

namespace Gemma4.Cli.Doctor;

/// <summary>The proof: loads the model and runs one token.</summary>
internal static class LoadCheck
{
    private const int BeginOfText = 2;

    public static Finding Run(Gemma4ModelFolder folder, CancellationToken cancellationToken)
    {
        try
        {
            using var engine = OnnxGenerationEngine.Load(folder);
            using var session = engine.CreateSession();
            session.Append([BeginOfText], cancellationToken);
            foreach (var logit in session.Logits)
            {
                if (!float.IsFinite(logit))
                {
                    return Finding.Problem("run", "The model gives logits that are not finite numbers.", "Build the folder again; its weights are damaged.");
                }
            }

            return Finding.Ok("run", string.Create(
                CultureInfo.InvariantCulture, $"one token ran; this process now holds {Environment.WorkingSet / 1e6:F0} MB"));
        }
        catch (Gemma4ModelException exception)
        {
            return Finding.Problem("run", exception.Message);
        }
    }
}
