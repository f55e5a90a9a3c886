namespace Gemma4.Retrieval.Stores;

/// <summary>How deep each leg of a hybrid search goes before the fusion.</summary>
internal static class HybridDepth
{
    private const int Least = 100;

    public static int For(int results) => Math.Max(Least, results * 4);
}
