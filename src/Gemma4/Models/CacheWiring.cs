namespace Gemma4.Models;

/// <summary>
/// Tells from a graph's nodes whether its caches may be written in place. Only GroupQueryAttention writes new rows into
/// the memory it reads the old ones from; every other construction returns a longer tensor.
/// </summary>
internal sealed class CacheWiring
{
    // Operator slots of GroupQueryAttention: past key and value, and right after the result present key and value.
    private const int FirstPast = 3;
    private const int FirstPresent = 1;

    private readonly HashSet<(string Past, string Present)> _inPlace = [];
    private readonly Dictionary<string, int> _windows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _readOtherwise = new(StringComparer.Ordinal);

    internal CacheWiring(GraphFile graph)
    {
        foreach (GraphNode node in graph.Nodes)
        {
            bool inPlace = node is { Operator: "GroupQueryAttention", Domain: "com.microsoft" };
            for (int slot = 0; slot < node.Inputs.Count; slot++)
            {
                int part = slot - FirstPast;
                if (inPlace && part is 0 or 1 && FirstPresent + part < node.Outputs.Count)
                {
                    _inPlace.Add((node.Inputs[slot], node.Outputs[FirstPresent + part]));
                    if (node.Integers.GetValueOrDefault("local_window_size", -1) is > 0 and var window)
                    {
                        _windows[node.Inputs[slot]] = (int)window;
                    }
                }
                else
                {
                    _readOtherwise.Add(node.Inputs[slot]);
                }
            }
        }
    }

    /// <summary>Tokens that the layer which writes the cache looks back over, its own among them; null for all.</summary>
    internal int? WindowOf(string past) => _windows.TryGetValue(past, out int window) ? window : null;

    /// <summary>
    /// Whether past and present may be one buffer. Not when anything else reads the past: the shape of a shared buffer
    /// tells its capacity, not the tokens in it.
    /// </summary>
    internal bool IsInPlace(string past, string present) =>
        _inPlace.Contains((past, present)) && !_readOtherwise.Contains(past);
}
