using System.IO.Compression;
using Gemma4.Tokenization;

namespace Gemma4.Tests.Tokenization;

/// <summary>The real vocabulary of Gemma 4, unpacked and loaded once for all tests.</summary>
internal static class RealTokenizer
{
    private static readonly Lazy<Gemma4Tokenizer> Loaded = new(Load);

    public static Gemma4Tokenizer Instance => Loaded.Value;

    private static Gemma4Tokenizer Load()
    {
        string folder = Directory.CreateTempSubdirectory("gemma4-tests-").FullName;
        try
        {
            using (var packed = new GZipStream(
                File.OpenRead(TestData.Path("gemma4-tokenizer.json.gz")), CompressionMode.Decompress))
            using (FileStream target = File.Create(Path.Combine(folder, "tokenizer.json")))
            {
                packed.CopyTo(target);
            }

            return Gemma4Tokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
