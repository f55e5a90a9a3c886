using System.IO.Compression;
using Gemma4.Tokenization;

namespace Gemma4.Benchmarks.Micro;

/// <summary>The tokenizer of the published models, unpacked for the time of loading.</summary>
internal static class RealTokenizer
{
    public static Gemma4Tokenizer Load() => WithFile(Gemma4Tokenizer.Load);

    public static T WithFile<T>(Func<string, T> use)
    {
        string folder = Directory.CreateTempSubdirectory("gemma4-tokenizer-").FullName;
        try
        {
            string file = Path.Combine(folder, "tokenizer.json");
            using (var packed = new GZipStream(File.OpenRead(TestData.Path("gemma4-tokenizer.json.gz")), CompressionMode.Decompress))
            using (FileStream target = File.Create(file))
            {
                packed.CopyTo(target);
            }

            return use(file);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
