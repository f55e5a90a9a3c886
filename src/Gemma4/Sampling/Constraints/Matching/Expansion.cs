using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>
/// Follows empty steps from frame to frame until each reading waits for input, and keeps frames and configurations
/// unique. Not safe for several threads at once: its grammar locks around it.
/// </summary>
internal sealed class Expansion
{
    private static readonly Comparison<Frame> ById = static (a, b) => a.Id.CompareTo(b.Id);

    private readonly HashSet<Frame> _frames = [];
    private readonly HashSet<Configuration> _configurations = [];
    private readonly List<Frame> _tops = [];
    private Frame _probe = new();
    private long _stamp;
    private int _nextId;
    private bool _accepts;

    public Expansion()
    {
        Dead = new Configuration([], accepts: false);
        Clear();
    }

    public Configuration Dead { get; }

    /// <summary>Below every stack: the text may end.</summary>
    public Frame Bottom { get; private set; } = null!;

    public int FrameCount => _frames.Count;

    public int ConfigurationCount => _configurations.Count;

    /// <summary>Forgets all frames; those in use live on, but new equals are other objects.</summary>
    public void Clear()
    {
        _frames.Clear();
        _configurations.Clear();
        Bottom = Intern(EndNode.Instance, null);
    }

    public Frame Intern(GrammarNode node, Frame? parent, int a = 0, int b = 0, int c = 0, long extra = 0, object? data = null)
    {
        var probe = _probe.With(node, parent, a, b, c, extra, data);
        if (_frames.TryGetValue(probe, out var known))
        {
            return known;
        }

        if (probe.StackDepth > ConstraintBudget.MaxStackDepth)
        {
            throw new Gemma4ConstraintException(
                $"The grammar nests more than {ConstraintBudget.MaxStackDepth} rules deep. Limit its recursion.");
        }

        var frame = new Frame { Id = _nextId++ }.With(node, parent, a, b, c, extra, data);
        _frames.Add(frame);
        return frame;
    }

    public Configuration Start(GrammarNode root)
    {
        Begin();
        Enter(root, Bottom);
        return Take();
    }

    public Configuration Step(Configuration from, byte value)
    {
        if (from.TryGetNext(value, out var next))
        {
            return next;
        }

        Begin();
        foreach (var top in from.Tops)
        {
            top.Node.Step(top, value, this);
        }

        next = Take();
        from.SetNext(value, next);
        return next;
    }

    public Configuration StepControl(Configuration from, int token)
    {
        Begin();
        foreach (var top in from.Tops)
        {
            if (top.Node is ControlNode control && control.Contains(token))
            {
                Expand(top.Parent!);
            }
        }

        return Take();
    }

    /// <summary>Begins a rule on top of what follows it.</summary>
    public void Enter(GrammarNode node, Frame parent)
    {
        if (parent.Nesting + (long)node.MinNesting <= ConstraintBudget.MaxNesting)
        {
            Expand(node.Start(parent, this));
        }
    }

    public void Expand(Frame frame)
    {
        if (frame.Stamp != _stamp)
        {
            frame.Stamp = _stamp;
            frame.Node.Expand(frame, this);
        }
    }

    /// <summary>A reading that waits for input.</summary>
    public void Wait(Frame frame)
    {
        _tops.Add(frame);
        if (_tops.Count > ConstraintBudget.MaxThreads)
        {
            throw new Gemma4ConstraintException(
                $"The text so far can be read in more than {ConstraintBudget.MaxThreads} ways. Make alternatives of the "
                + "grammar differ earlier.");
        }
    }

    public void Accept() => _accepts = true;

    /// <summary>The configuration in which counts larger than a token can reach, and the like, are forgotten.</summary>
    public Configuration Abstract(Configuration configuration, int longestToken)
    {
        if (configuration.Abstraction is { } known)
        {
            return known;
        }

        Begin();
        foreach (var top in configuration.Tops)
        {
            var abstraction = Abstract(top, longestToken);
            if (abstraction.Stamp != _stamp)
            {
                abstraction.Stamp = _stamp;
                Wait(abstraction);
            }
        }

        _accepts = configuration.Accepts;
        var result = Take();
        configuration.Abstraction = result;
        result.Abstraction = result;
        return result;
    }

    private Frame Abstract(Frame frame, int longestToken)
    {
        if (frame.Abstraction is { } known)
        {
            return known;
        }

        var parent = frame.Parent is null ? null : Abstract(frame.Parent, longestToken);
        var result = frame.Node.Abstract(frame, parent, longestToken, this);
        frame.Abstraction = result;
        result.Abstraction = result;
        return result;
    }

    private void Begin()
    {
        _stamp++;
        _tops.Clear();
        _accepts = false;
    }

    private Configuration Take()
    {
        if (_tops.Count == 0 && !_accepts)
        {
            return Dead;
        }

        if (_tops.Count > 1)
        {
            _tops.Sort(ById);
        }

        var candidate = new Configuration([.. _tops], _accepts);
        if (_configurations.TryGetValue(candidate, out var known))
        {
            return known;
        }

        _configurations.Add(candidate);
        return candidate;
    }
}
