namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>All readings of the text so far: the tops of their stacks. Equal configurations are one object.</summary>
internal sealed class Configuration : IEquatable<Configuration>
{
    private const int LongestList = 12;

    private readonly int _hash;
    private byte[] _bytes = [];
    private Configuration[] _targets = [];
    private int _count;

    public Configuration(Frame[] tops, bool accepts)
    {
        Tops = tops;
        Accepts = accepts;
        var hash = default(HashCode);
        foreach (var top in tops)
        {
            hash.Add(top.Id);
        }

        hash.Add(accepts);
        _hash = hash.ToHashCode();
    }

    /// <summary>By id. Each waits for a byte or a control token.</summary>
    public Frame[] Tops { get; }

    /// <summary>The text may end here.</summary>
    public bool Accepts { get; }

    public bool IsDead => Tops.Length == 0 && !Accepts;

    public Configuration? Abstraction { get; set; }

    public TokenMask? Mask { get; set; }

    public bool TryGetNext(byte value, out Configuration next)
    {
        if (_count > LongestList)
        {
            next = _targets[value];
            return next is not null;
        }

        for (var i = 0; i < _count; i++)
        {
            if (_bytes[i] == value)
            {
                next = _targets[i];
                return true;
            }
        }

        next = null!;
        return false;
    }

    public void SetNext(byte value, Configuration next)
    {
        if (_count == LongestList)
        {
            var all = new Configuration[256];
            for (var i = 0; i < _count; i++)
            {
                all[_bytes[i]] = _targets[i];
            }

            _targets = all;
            _count++;
        }

        if (_count > LongestList)
        {
            _targets[value] = next;
            return;
        }

        if (_count == _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2, Math.Min(LongestList, _count * 2)));
            Array.Resize(ref _targets, _bytes.Length);
        }

        _bytes[_count] = value;
        _targets[_count++] = next;
    }

    public bool Equals(Configuration? other) => other is not null && Accepts == other.Accepts && Tops.AsSpan().SequenceEqual(other.Tops);

    public override bool Equals(object? obj) => Equals(obj as Configuration);

    public override int GetHashCode() => _hash;
}
