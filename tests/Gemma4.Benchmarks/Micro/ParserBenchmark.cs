using BenchmarkDotNet.Attributes;
using Gemma4.Parsing;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks.Micro;

/// <summary>The ids of one response become text, reasoning and calls; one operation is one token.</summary>
public class ParserBenchmark
{
    private const int Tokens = 200;

    private readonly List<AIContent> _output = [];
    private readonly AIFunctionDeclaration[] _tools = [AIFunctionFactory.Create((string city, int days) => city + days, "get_weather")];
    private Gemma4Tokenizer _tokenizer = null!;
    private int[] _text = [];
    private int[] _thought = [];
    private int[] _calls = [];

    [GlobalSetup]
    public void SetUp()
    {
        _tokenizer = RealTokenizer.Load();
        const string Sentence = "The museum opens at nine, and a ticket costs twelve euros for adults. ";
        _text = Repeated("", Sentence);
        _thought = Repeated("<|channel>thought\n", Sentence);
        _calls = Repeated("", "<|tool_call>call:get_weather{city:<|\"|>Zürich<|\"|>,days:3}<tool_call|>");
    }

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int Text() => Parse(_text);

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int Reasoning() => Parse(_thought);

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int Calls() => Parse(_calls);

    private int Parse(int[] ids)
    {
        _output.Clear();
        ResponseParser parser = new(_tokenizer, _tools);
        foreach (int id in ids)
        {
            parser.Append(id, _output);
        }

        parser.Complete(_output);
        return _output.Count;
    }

    private int[] Repeated(string lead, string part)
    {
        string text = lead + string.Concat(Enumerable.Repeat(part, Tokens));
        return _tokenizer.EncodeTemplate(text)[..Tokens];
    }
}
