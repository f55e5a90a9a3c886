namespace Gemma4.Generation;

/// <summary>The few values that were made or asked for last. Safe for concurrent use.</summary>
internal sealed class RecentItems<TKey, TValue>(int limit)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(TKey Key, TValue Value)> _items = new(); // the latest first

    /// <summary>The value of the key; made outside the lock, so two callers at once may both make one.</summary>
    public TValue GetOrMake(TKey key, Func<TValue> make)
    {
        lock (_lock)
        {
            for (LinkedListNode<(TKey Key, TValue Value)>? node = _items.First; node is not null; node = node.Next)
            {
                if (node.Value.Key.Equals(key))
                {
                    _items.Remove(node);
                    _items.AddFirst(node);
                    return node.Value.Value;
                }
            }
        }

        TValue value = make();
        lock (_lock)
        {
            _items.AddFirst((key, value));
            if (_items.Count > limit)
            {
                _items.RemoveLast();
            }
        }

        return value;
    }
}
