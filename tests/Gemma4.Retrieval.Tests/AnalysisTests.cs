using Gemma4.Retrieval.Languages;
using Gemma4.Retrieval.Search;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class AnalysisTests
{
    [Theory]
    [InlineData("de", "und", "Katze", "Katzen")]
    [InlineData("en", "the", "connected", "connecting")]
    [InlineData("es", "los", "gato", "gatos")]
    [InlineData("fr", "les", "maison", "maisons")]
    [InlineData("it", "che", "libro", "libri")]
    [InlineData("nl", "een", "boek", "boeken")]
    [InlineData("pt", "para", "livro", "livros")]
    [InlineData("sv", "och", "bil", "bilar")]
    public void A_language_drops_its_stop_words_and_joins_inflections(string language, string stopWord, string word, string inflected)
    {
        TextAnalyzer analyzer = LanguageAnalyzers.For(language);

        Assert.Empty(analyzer.Terms(stopWord));
        Assert.Equal(Assert.Single(analyzer.Terms(word)), Assert.Single(analyzer.Terms(inflected)));
    }

    [Fact]
    public void MinMax_stretches_and_weighs()
    {
        IReadOnlyList<(string Document, double Score)> fused = RankFusion.MinMax<string>([[("a", 10), ("b", 6), ("c", 2)], [("c", 0.4), ("b", 0.2)]], [0.25, 0.75]);

        Assert.Equal([("c", 0.75), ("a", 0.25), ("b", 0.125)], fused);
    }
}
