namespace Gemma4.Generation;

/// <summary>The few values that were made or asked for last. Safe for concurrent use.</summary>
internal sealed class RecentItems<TKey, TValue>(int limit)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(TKey Key, TValue Value)> _items = new(); // the latest first

    /// <summary>The value of the key. It is made outside the lock; where two callers make one at once, the first is kept.</summary>
    public TValue GetOrMake(TKey key, Func<TValue> make)
    {
        lock (_lock)
        {
            if (Find(key) is { } known)
            {
                return known.Value.Value;
            }
        }

        TValue made = make();
        lock (_lock)
        {
            if (Find(key) is { } earlier)
            {
                return earlier.Value.Value;
            }

            _items.AddFirst((key, made));
            if (_items.Count > limit)
            {
                _items.RemoveLast();
            }

            return made;
        }
    }

    // Moves what it finds to the front.
    private LinkedListNode<(TKey Key, TValue Value)>? Find(TKey key)
    {
        for (LinkedListNode<(TKey Key, TValue Value)>? node = _items.First; node is not null; node = node.Next)
        {
            if (node.Value.Key.Equals(key))
            {
                _items.Remove(node);
                _items.AddFirst(node);
                return node;
            }
        }

        return null;
    }
}
