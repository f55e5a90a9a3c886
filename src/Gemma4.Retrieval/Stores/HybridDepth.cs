namespace Gemma4.Retrieval.Stores;

/// <summary>How deep each leg of a hybrid search goes before the fusion.</summary>
internal static class HybridDepth
{
    private const int Least = 100;

    public static int For(int results) => (int)Math.Min(int.MaxValue, Math.Max(Least, results * 4L));

    /// <summary>How many results a search needs so that <paramref name="skip"/> of them can be left out.</summary>
    public static int Reach(int top, int skip) => (int)Math.Min(int.MaxValue, (long)top + skip);
}
