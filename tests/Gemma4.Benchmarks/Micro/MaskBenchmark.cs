using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks.Micro;

/// <summary>Which of 262,144 tokens a schema allows next; one operation is one token of an order in JSON.</summary>
public class MaskBenchmark
{
    private const int Tokens = 60;

    private const string Schema = """
        {"type":"object","properties":{"title":{"type":"string","maxLength":80},"date":{"type":"string","format":"date"},
        "lines":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"},
        "count":{"type":"integer","minimum":1,"maximum":999}},"required":["sku","count"],"additionalProperties":false}}},
        "required":["title","date","lines"]}
        """;

    private const string Value = """
        {"title": "Order of the Bücherei am Markt, for the children's corner", "date": "2026-02-28", "lines": [
        {"sku": "ABC-1234", "count": 12}, {"sku": "XYZ-0001", "count": 1}, {"sku": "QRS-4711", "count": 99}]}
        """;

    private Gemma4Tokenizer _tokenizer = null!;
    private CompiledGrammar _known = null!;
    private int[] _ids = [];
    private ulong[] _mask = [];

    [GlobalSetup]
    public void SetUp()
    {
        _tokenizer = RealTokenizer.Load();
        _ids = _tokenizer.EncodeText(Value)[..Tokens];
        _known = Compile();
        _mask = new ulong[(_known.Vocabulary.Size + 63) / 64];
        Walk(_known);
    }

    /// <summary>The schema becomes a grammar: once a request, or once a process for one that comes again.</summary>
    [Benchmark]
    public object CompileSchema() => Compile();

    /// <summary>A grammar that has just been compiled, its compilation included.</summary>
    [Benchmark(OperationsPerInvoke = Tokens)]
    public int MasksFirst() => Walk(Compile());

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int MasksAgain() => Walk(_known);

    private CompiledGrammar Compile() => ToolCallConstraint.Compile(
        _tokenizer, [], ChatToolMode.None, allowMultiple: true, ThoughtPrefix.None, [1, 106], answer: Gemma4Constraint.JsonSchema(JsonElement.Parse(Schema)).Root);

    private int Walk(CompiledGrammar grammar)
    {
        GrammarMatcher matcher = grammar.Begin();
        int accepted = 0;
        foreach (int id in _ids)
        {
            matcher.FillMask(_mask);
            accepted += matcher.TryAccept(id) ? 1 : throw new InvalidOperationException($"Token {id} of the order is not allowed after {accepted} others.");
        }

        return accepted;
    }
}
