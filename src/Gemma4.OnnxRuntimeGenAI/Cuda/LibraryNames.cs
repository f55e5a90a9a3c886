using System.Text;

namespace Gemma4.OnnxRuntimeGenAI.Cuda;

/// <summary>Searches a large binary for names of libraries without holding it in memory.</summary>
internal static class LibraryNames
{
    private const int BlockSize = 1 << 20;

    /// <summary>Index of the pattern found first in the file, or -1.</summary>
    internal static int FirstIn(string path, ReadOnlySpan<string> patterns)
    {
        byte[][] needles = new byte[patterns.Length][];
        int longest = 1;
        for (int index = 0; index < patterns.Length; index++)
        {
            needles[index] = Encoding.ASCII.GetBytes(patterns[index]);
            longest = Math.Max(longest, needles[index].Length);
        }

        using FileStream file = File.OpenRead(path);
        byte[] block = new byte[BlockSize + longest];
        int kept = 0;
        while (file.Read(block, kept, BlockSize) is int read and > 0)
        {
            int filled = kept + read;
            for (int index = 0; index < needles.Length; index++)
            {
                if (block.AsSpan(0, filled).IndexOf(needles[index]) >= 0)
                {
                    return index;
                }
            }

            // A name may lie across two blocks.
            kept = Math.Min(longest - 1, filled);
            block.AsSpan(filled - kept, kept).CopyTo(block);
        }

        return -1;
    }
}
