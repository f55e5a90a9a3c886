using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Tracing;

/// <summary>
/// The steps of a run as they happen. They hold the content of calls and results: keep them where such content may be
/// kept. Safe for concurrent use.
/// </summary>
public sealed class AgentTrace
{
    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter<StepKind>(JsonNamingPolicy.CamelCase) },
    };

    private readonly Lock _gate = new();
    private readonly List<AgentStep> _steps = [];

    /// <summary>Told each step as it happens, in order.</summary>
    public event Action<AgentStep>? StepTaken;

    /// <summary>The steps so far, oldest first; a copy.</summary>
    public IReadOnlyList<AgentStep> Steps
    {
        get
        {
            lock (_gate)
            {
                return [.. _steps];
            }
        }
    }

    /// <summary>Reads a replay file.</summary>
    /// <param name="text">What <see cref="ToJsonLines"/> wrote.</param>
    /// <exception cref="FormatException">A line is no step.</exception>
    public static AgentTrace Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        AgentTrace trace = new();
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                trace.Add(JsonSerializer.Deserialize<AgentStep>(line, Lines) ?? throw new JsonException("null is no step."));
            }
            catch (JsonException exception)
            {
                throw new FormatException(FormattableString.Invariant($"Line {number} of the replay file is no step: {exception.Message}"), exception);
            }
        }

        return trace;
    }

    /// <summary>The replay file: one step a line as JSON.</summary>
    public string ToJsonLines() => string.Concat(Steps.Select(step => JsonSerializer.Serialize(step, Lines) + "\n"));

    /// <summary>
    /// The model's answers as contents, one list for each request: enqueued in a scripted client they repeat the run.
    /// Mended calls come as they ran; refused calls come as the model made them.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<AIContent>> ModelAnswers
    {
        get
        {
            List<IReadOnlyList<AIContent>> answers = [];
            List<AIContent> calls = [];
            foreach (AgentStep step in Steps)
            {
                if (step is { Kind: StepKind.Call or StepKind.Refused, CallId: { } id, Tool: { } tool })
                {
                    calls.Add(new FunctionCallContent(id, tool, step.Arguments?.EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value)));
                }
                else if (step.Kind == StepKind.Answer)
                {
                    // The calls of an answer are told before it: it is whole only then.
                    answers.Add(string.IsNullOrEmpty(step.Text) ? [.. calls] : [new TextContent(step.Text), .. calls]);
                    calls.Clear();
                }
            }

            return answers;
        }
    }

    internal void Add(AgentStep step)
    {
        lock (_gate)
        {
            _steps.Add(step);
            StepTaken?.Invoke(step);
        }
    }
}
