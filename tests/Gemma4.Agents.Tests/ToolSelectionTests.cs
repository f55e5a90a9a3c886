using Gemma4.Agents.Evaluation;
using Gemma4.Agents.Selection;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Agents.Tests;

public class ToolSelectionTests(ITestOutputHelper output)
{
    private static readonly string[] Subjects = ["weather", "email", "invoice", "holiday", "music", "recipe", "translation", "currency", "train", "hotel", "flight", "camera"];

    [SharedFact]
    public void The_right_tools_rank_higher_than_by_plain_words()
    {
        FunctionCallingQuestion[] questions = [.. Bfcl.Questions];
        AIFunctionDeclaration[] pool = [.. questions.SelectMany(question => question.Tools).DistinctBy(tool => tool.Name)];
        FunctionCallingQuestion[] asked = [.. questions.Where(question => question.Expected.Count > 0)];
        (double five, double ten) plain = Recall(asked, pool, new PlainBm25(pool).Scores);
        (double five, double ten) ours = Recall(asked, pool, new ToolIndex(pool).Scores);
        output.WriteLine($"{pool.Length} tools, {asked.Length} questions: recall@5 / @10 plain {plain.five:P1} / {plain.ten:P1}, ours {ours.five:P1} / {ours.ten:P1}");

        Assert.True(ours.five > plain.five && ours.ten > plain.ten);
        Assert.True(ours.five >= 0.87 && ours.ten >= 0.92);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_model_sees_what_fits_and_what_is_always_on(bool streaming)
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("Fine.");
        IChatClient client = model.AsBuilder().UseFunctionInvocation().UseToolGuard()
            .UseToolSelection(options => { options.MaxTools = 3; options.AlwaysOn.Add("get_train"); options.OfferSearch = false; }).Build();

        await client.AskAsync(streaming, new ChatOptions { Tools = Tools([]) }, "What is the weather in Rome?");

        string[] shown = [.. model.Calls[0].Options!.Tools!.Select(tool => tool.Name)];
        Assert.Contains("get_weather", shown);
        Assert.Contains("get_train", shown);
        Assert.InRange(shown.Length, 3, 4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tool_that_is_not_shown_can_be_found_and_stays(bool streaming)
    {
        List<string> ran = [];
        using ScriptedChatClient model = new ScriptedChatClient()
            .EnqueueCall("find_tools", ("need", "book a hotel")).EnqueueCall("get_hotel").Enqueue("Booked.");
        IChatClient client = model.AsBuilder().UseFunctionInvocation().UseToolGuard().UseToolSelection(options => options.MaxTools = 2).Build();

        ChatResponse response = await client.AskAsync(streaming, new ChatOptions { Tools = Tools(ran) }, "What is the weather in Rome?");

        Assert.Equal(["hotel"], ran);
        Assert.Equal("Booked.", response.Text);
        Assert.DoesNotContain("get_hotel", model.Calls[0].Options!.Tools!.Select(tool => tool.Name));
        Assert.Contains("get_hotel", model.Calls[1].Options!.Tools!.Select(tool => tool.Name));
        Assert.Contains("get_hotel", model.Calls[2].Options!.Tools!.Select(tool => tool.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_rest_of_a_cut_result_can_always_be_fetched(bool streaming)
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("Fine.");
        IChatClient client = model.AsBuilder().UseToolExecution().UseFunctionInvocation().UseToolGuard()
            .UseToolSelection(options => { options.MaxTools = 1; options.OfferSearch = false; }).Build();

        await client.AskAsync(streaming, new ChatOptions { Tools = Tools([]) }, "What is the weather in Rome?");

        Assert.Equal(["get_weather", "read_more_result"], model.Calls[0].Options!.Tools!.Select(tool => tool.Name));
    }

    [Fact]
    public async Task Vectors_find_what_shares_no_word()
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("Fine.");
        using SynonymGenerator vectors = new();
        IChatClient client = model.AsBuilder()
            .UseToolSelection(options => { options.MaxTools = 1; options.Embeddings = vectors; options.OfferSearch = false; }).Build();

        await client.AskAsync(streaming: false, new ChatOptions { Tools = Tools([]) }, "Will there be rain?");

        Assert.Equal(["get_weather"], model.Calls[0].Options!.Tools!.Select(tool => tool.Name));
    }

    [Fact]
    public async Task Tools_that_are_wrapped_anew_for_each_request_are_embedded_once()
    {
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("Fine.").Enqueue("Fine.").Enqueue("Fine.");
        using SynonymGenerator vectors = new();
        IChatClient client = model.AsBuilder().UseToolExecution().UseFunctionInvocation()
            .UseToolSelection(options => { options.MaxTools = 1; options.Embeddings = vectors; options.OfferSearch = false; }).Build();
        ChatOptions tools = new() { Tools = Tools([]) };

        await client.AskAsync(streaming: false, tools, "Will there be rain?");
        int first = vectors.Embedded.Count;
        await client.AskAsync(streaming: false, tools, "Will there be rain?");
        int second = vectors.Embedded.Count;
        await client.AskAsync(streaming: false, tools, "And music?");

        Assert.NotSame(model.Calls[0].Options!.Tools![0], model.Calls[1].Options!.Tools![0]);
        Assert.Equal(first, second);
        Assert.Equal(["And music?"], vectors.Embedded.Skip(second));
        Assert.Equal(vectors.Embedded.Distinct(), vectors.Embedded);
    }

    [Fact]
    public async Task A_tool_with_another_description_is_ranked_by_it()
    {
        ToolRanking ranking = new(generator: null);
        AIFunctionDeclaration one = AIFunctionFactory.CreateDeclaration("one", "Plays music.", default);
        await ranking.RankAsync("holiday", [one, AIFunctionFactory.CreateDeclaration("two", "Reads mail.", default)], default);

        IReadOnlyList<AIFunctionDeclaration> ranked = await ranking.RankAsync("holiday", [one, AIFunctionFactory.CreateDeclaration("two", "Books a holiday.", default)], default);

        Assert.Equal("two", ranked[0].Name);
    }

    private static AITool[] Tools(List<string> ran) => [.. Subjects.Select(subject =>
        AIFunctionFactory.Create(() => { ran.Add(subject); return subject; }, $"get_{subject}", $"Gets the {subject}."))];

    private static (double Five, double Ten) Recall(FunctionCallingQuestion[] questions, AIFunctionDeclaration[] pool, Func<string, double[]> scores)
    {
        double five = 0;
        double ten = 0;
        foreach (FunctionCallingQuestion question in questions)
        {
            double[] values = scores(question.Messages[^1].Text);
            string[] ranked = [.. Enumerable.Range(0, pool.Length).OrderByDescending(i => values[i]).Take(10).Select(i => pool[i].Name)];
            string[] wanted = [.. question.Expected.Select(call => call.Name).Distinct()];
            five += wanted.Count(name => ranked.Take(5).Contains(name)) / (double)wanted.Length;
            ten += wanted.Count(name => ranked.Contains(name)) / (double)wanted.Length;
        }

        return (five / questions.Length, ten / questions.Length);
    }

    /// <summary>Two dimensions: about weather or not. Keeps what it was asked for.</summary>
    private sealed class SynonymGenerator : IEmbeddingGenerator<string, Embedding<float>>
    {
        public List<string> Embedded { get; } = [];

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            string[] texts = [.. values];
            Embedded.AddRange(texts);
            return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(texts.Select(value => new Embedding<float>(
                value.Contains("rain", StringComparison.Ordinal) && !value.Contains("train", StringComparison.Ordinal) || value.Contains("weather", StringComparison.Ordinal) ? new float[] { 1, 0 } : new float[] { 0, 1 }))));
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
