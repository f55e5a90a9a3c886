using Gemma4.Testing;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Data;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

public class TextSearchTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_text_search_is_a_plugin_that_the_model_calls(bool streaming)
    {
#pragma warning disable CS0618 // The plugin factories take the older interface.
        KernelPlugin plugin = new Facts().CreateWithSearch("Search");
#pragma warning restore CS0618
        Dictionary<string, object?> arguments = new() { ["query"] = "Oslo", ["count"] = 1 };
        using ScriptedChatClient client = new ScriptedChatClient()
            .Enqueue(new Microsoft.Extensions.AI.FunctionCallContent("c1", "Search-Search", arguments)).Enqueue("Norway.");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.Add(plugin);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Equal("Norway.", answer.Text);
        Assert.Contains("Oslo is the capital of Norway.", answer.History[3].Content, StringComparison.Ordinal);
        Assert.DoesNotContain("Paris", answer.History[3].Content, StringComparison.Ordinal);
    }

#pragma warning disable CS0618
    private sealed class Facts : ITextSearch
    {
        private static readonly string[] Texts = ["Oslo is the capital of Norway.", "Paris is the capital of France."];

        public Task<KernelSearchResults<string>> SearchAsync(string query, TextSearchOptions? searchOptions = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new KernelSearchResults<string>(Texts.Where(text => text.Contains(query, StringComparison.Ordinal)).Take(searchOptions?.Top ?? 1).ToAsyncEnumerable()));

        public Task<KernelSearchResults<TextSearchResult>> GetTextSearchResultsAsync(string query, TextSearchOptions? searchOptions = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Not used by this plugin.");

        public Task<KernelSearchResults<object>> GetSearchResultsAsync(string query, TextSearchOptions? searchOptions = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Not used by this plugin.");
    }
#pragma warning restore CS0618
}
