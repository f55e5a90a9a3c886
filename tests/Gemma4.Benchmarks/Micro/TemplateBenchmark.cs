using System.ComponentModel;
using BenchmarkDotNet.Attributes;
using Gemma4.Prompting;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks.Micro;

/// <summary>What a request pays before the model is asked: a conversation with tools becomes segments, and those ids.</summary>
public class TemplateBenchmark
{
    private readonly List<ChatMessage> _history = [new(ChatRole.System, "You are a helpful assistant of a travel agency.")];
    private readonly AITool[] _tools = [.. Enumerable.Range(0, 8).Select(number => AIFunctionFactory.Create(Search, $"search_{number}"))];
    private Gemma4Tokenizer _tokenizer = null!;
    private RenderedPrompt _prompt = null!;

    /// <summary>Questions so far; each has a call, its result and an answer.</summary>
    [Params(1, 20)]
    public int Turns { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _tokenizer = RealTokenizer.Load();
        for (int turn = 0; turn < Turns; turn++)
        {
            string id = $"call_{turn}";
            _history.Add(new(ChatRole.User, $"Which trains go from Zürich to Paris on day {turn}, and what do they cost?"));
            _history.Add(new(ChatRole.Assistant, [new FunctionCallContent(id, "search_1", new Dictionary<string, object?> { ["query"] = "Zürich Paris", ["limit"] = turn })]));
            _history.Add(new(ChatRole.Tool, [new FunctionResultContent(id, new { departures = new[] { "07:34", "09:34", "13:34" }, price = 79.5, day = turn })]));
            _history.Add(new(ChatRole.Assistant, "There are three: at 07:34, at 09:34 and at 13:34. A ticket costs 79.50 euros on each of them."));
        }

        _history.Add(new(ChatRole.User, "And the day after?"));
        _prompt = Render();
    }

    [Benchmark]
    public RenderedPrompt Render() => PromptRenderer.Render(_history, _tools, new PromptOptions());

    [Benchmark]
    public int Encode() => _prompt.Encode(_tokenizer).Length;

    [Description("Searches connections.")]
    private static string Search([Description("From and to")] string query, [Description("At most")] int limit = 10) => query + limit;
}
