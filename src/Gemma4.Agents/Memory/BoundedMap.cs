using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Agents.Memory;

/// <summary>Values by text, the oldest forgotten first. Safe for concurrent use.</summary>
internal sealed class BoundedMap<TValue>(int capacity)
    where TValue : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TValue> _values = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public bool TryGet(string key, [NotNullWhen(true)] out TValue? value)
    {
        lock (_gate)
        {
            return _values.TryGetValue(key, out value);
        }
    }

    /// <summary>The value that is there, or the given one, which then is.</summary>
    public TValue GetOrAdd(string key, TValue value)
    {
        lock (_gate)
        {
            if (_values.TryGetValue(key, out TValue? known))
            {
                return known;
            }

            _values.Add(key, value);
            _order.Enqueue(key);
            // What was removed keeps its place here until it comes up, so that this never outgrows the capacity either.
            while (_order.Count > capacity)
            {
                _values.Remove(_order.Dequeue());
            }

            return value;
        }
    }

    /// <summary>Forgets exactly this value, not one that came after it.</summary>
    public void Remove(string key, TValue value)
    {
        lock (_gate)
        {
            if (_values.TryGetValue(key, out TValue? known) && ReferenceEquals(known, value))
            {
                _values.Remove(key);
            }
        }
    }
}
