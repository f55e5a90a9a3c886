using Gemma4.Agents.Tracing;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Runs;

/// <summary>
/// One run of an agent: what it has used of its limits, and its trace. Agents that its tools start belong to the same
/// run. Safe for concurrent use: a limit is never exceeded by calls that come at once.
/// </summary>
public sealed class AgentRun : IDisposable
{
    private static readonly AsyncLocal<AgentRun?> Ambient = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _callsByTool = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly AgentRun? _outer;

    /// <summary>Makes a run that only those use who are given it.</summary>
    /// <param name="limits">The limits; null means the defaults of <see cref="AgentLimits"/>.</param>
    /// <param name="trace">Where the steps are recorded; null means nowhere.</param>
    /// <param name="time">The clock; null means the system's.</param>
    /// <exception cref="ArgumentException">A limit is out of range.</exception>
    public AgentRun(AgentLimits? limits = null, AgentTrace? trace = null, TimeProvider? time = null)
    {
        Limits = limits ?? new AgentLimits();
        Limits.Validate();
        Trace = trace;
        _time = time ?? TimeProvider.System;
        _started = _time.GetTimestamp();
        _outer = Ambient.Value;
    }

    /// <summary>The run of the current flow of control; null outside of any.</summary>
    public static AgentRun? Current => Ambient.Value;

    /// <summary>The limits.</summary>
    public AgentLimits Limits { get; }

    /// <summary>Where the steps are recorded.</summary>
    public AgentTrace? Trace { get; }

    /// <summary>Answers of the model that called tools.</summary>
    public int Rounds { get; private set; }

    /// <summary>Calls that were let through.</summary>
    public int Calls { get; private set; }

    /// <summary>Input and output tokens so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>UTF-8 bytes of the tool results so far.</summary>
    public long ResultBytes { get; private set; }

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>
    /// Begins a run for everything that the caller starts from here, until it is disposed. Inside another run the outer
    /// one goes on and is returned: a child agent spends its parent's limits.
    /// </summary>
    /// <inheritdoc cref="AgentRun(AgentLimits?, AgentTrace?, TimeProvider?)"/>
    public static AgentRun Start(AgentLimits? limits = null, AgentTrace? trace = null, TimeProvider? time = null)
    {
        if (Ambient.Value is { } outer)
        {
            return outer;
        }

        AgentRun run = new(limits, trace, time);
        Ambient.Value = run;
        return run;
    }

    /// <summary>Ends the run in this flow of control. What it used can still be read.</summary>
    public void Dispose()
    {
        if (Ambient.Value == this)
        {
            Ambient.Value = _outer;
        }
    }

    /// <summary>Why no further request may begin; null when one may.</summary>
    public string? Exhausted
    {
        get
        {
            lock (_gate)
            {
                return Rounds >= Limits.Rounds ? FormattableString.Invariant($"all {Limits.Rounds} rounds of tool calls are used")
                    : Calls >= Limits.Calls ? FormattableString.Invariant($"all {Limits.Calls} tool calls are used")
                    : Tokens >= Limits.Tokens ? FormattableString.Invariant($"all {Limits.Tokens} tokens are used")
                    : ResultBytes >= Limits.ResultBytes ? FormattableString.Invariant($"all {Limits.ResultBytes} bytes of tool results are used")
                    : Elapsed >= Limits.Time ? FormattableString.Invariant($"the time of {Limits.Time} is over")
                    : null;
            }
        }
    }

    /// <summary>Takes one call out of the limits.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <returns>Null when the call may run, else why it may not.</returns>
    public string? TryTakeCall(string tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        lock (_gate)
        {
            int used = _callsByTool.GetValueOrDefault(tool);
            int? most = Limits.CallsByTool.TryGetValue(tool, out int own) ? own : Limits.CallsPerTool;
            if (Calls >= Limits.Calls)
            {
                return FormattableString.Invariant($"all {Limits.Calls} tool calls are used");
            }

            if (used >= most)
            {
                return FormattableString.Invariant($"all {most} calls of '{tool}' are used");
            }

            if (Elapsed >= Limits.Time)
            {
                return FormattableString.Invariant($"the time of {Limits.Time} is over");
            }

            Calls++;
            _callsByTool[tool] = used + 1;
            return null;
        }
    }

    /// <summary>Counts an answer of the model that called tools.</summary>
    public void AddRound()
    {
        lock (_gate)
        {
            Rounds++;
        }
    }

    /// <summary>Counts the tokens of one request.</summary>
    public void AddUsage(UsageDetails? usage)
    {
        if (usage is not null)
        {
            lock (_gate)
            {
                Tokens += usage.TotalTokenCount ?? (usage.InputTokenCount ?? 0) + (usage.OutputTokenCount ?? 0);
            }
        }
    }

    /// <summary>Takes the bytes of a result out of the limits.</summary>
    /// <param name="bytes">UTF-8 bytes of the result.</param>
    /// <returns>False, and nothing is taken, when they do not fit any more.</returns>
    public bool TryTakeResult(long bytes)
    {
        lock (_gate)
        {
            if (ResultBytes + bytes > Limits.ResultBytes)
            {
                return false;
            }

            ResultBytes += bytes;
            return true;
        }
    }

    internal void Enter() => Ambient.Value = this;
}
