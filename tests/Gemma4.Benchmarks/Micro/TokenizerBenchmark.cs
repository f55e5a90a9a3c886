using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Gemma4.Tokenization;

namespace Gemma4.Benchmarks.Micro;

/// <summary>Text to ids and back, on the published vocabulary and about a tenth of a megabyte of many languages.</summary>
public class TokenizerBenchmark
{
    private Gemma4Tokenizer _tokenizer = null!;
    private string _text = "";
    private int[] _ids = [];

    [GlobalSetup]
    public void SetUp()
    {
        _tokenizer = RealTokenizer.Load();
        using JsonDocument corpus = JsonDocument.Parse(File.ReadAllBytes(TestData.Path("goldens", "tokenizer-corpus.json")));
        _text = string.Concat(corpus.RootElement.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("text").GetString()));
        _ids = _tokenizer.EncodeText(_text);
    }

    [Benchmark]
    public int Encode() => _tokenizer.EncodeText(_text).Length;

    [Benchmark]
    public int Decode() => _tokenizer.Decode(_ids).Length;

    [Benchmark]
    public int DecodeStreaming()
    {
        int length = 0;
        StreamingDetokenizer stream = _tokenizer.CreateDetokenizer();
        foreach (int id in _ids)
        {
            length += stream.Append(id).Length;
        }

        return length;
    }
}
