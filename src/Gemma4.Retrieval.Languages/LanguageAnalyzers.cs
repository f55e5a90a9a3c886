using Gemma4.Retrieval.Search;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.Util;
using Lucene.Net.Tartarus.Snowball;
using Lucene.Net.Tartarus.Snowball.Ext;

namespace Gemma4.Retrieval.Languages;

/// <summary>Analyzers with Snowball stemmers and stop words.</summary>
public static class LanguageAnalyzers
{
    private static readonly Dictionary<string, (Func<SnowballProgram> Stemmer, Func<CharArraySet> StopWords)> All = new(StringComparer.OrdinalIgnoreCase)
    {
        ["da"] = (() => new DanishStemmer(), () => Lucene.Net.Analysis.Da.DanishAnalyzer.DefaultStopSet),
        ["de"] = (() => new GermanStemmer(), () => Lucene.Net.Analysis.De.GermanAnalyzer.DefaultStopSet),
        ["en"] = (() => new EnglishStemmer(), () => StopAnalyzer.ENGLISH_STOP_WORDS_SET),
        ["es"] = (() => new SpanishStemmer(), () => Lucene.Net.Analysis.Es.SpanishAnalyzer.DefaultStopSet),
        ["fi"] = (() => new FinnishStemmer(), () => Lucene.Net.Analysis.Fi.FinnishAnalyzer.DefaultStopSet),
        ["fr"] = (() => new FrenchStemmer(), () => Lucene.Net.Analysis.Fr.FrenchAnalyzer.DefaultStopSet),
        ["hu"] = (() => new HungarianStemmer(), () => Lucene.Net.Analysis.Hu.HungarianAnalyzer.DefaultStopSet),
        ["it"] = (() => new ItalianStemmer(), () => Lucene.Net.Analysis.It.ItalianAnalyzer.DefaultStopSet),
        ["nl"] = (() => new DutchStemmer(), () => Lucene.Net.Analysis.Nl.DutchAnalyzer.DefaultStopSet),
        ["no"] = (() => new NorwegianStemmer(), () => Lucene.Net.Analysis.No.NorwegianAnalyzer.DefaultStopSet),
        ["pt"] = (() => new PortugueseStemmer(), () => Lucene.Net.Analysis.Pt.PortugueseAnalyzer.DefaultStopSet),
        ["ro"] = (() => new RomanianStemmer(), () => Lucene.Net.Analysis.Ro.RomanianAnalyzer.DefaultStopSet),
        ["ru"] = (() => new RussianStemmer(), () => Lucene.Net.Analysis.Ru.RussianAnalyzer.DefaultStopSet),
        ["sv"] = (() => new SwedishStemmer(), () => Lucene.Net.Analysis.Sv.SwedishAnalyzer.DefaultStopSet),
    };

    /// <summary>The languages, as ISO 639-1 codes.</summary>
    public static IReadOnlyCollection<string> Languages => All.Keys;

    /// <summary>The analyzer of a language.</summary>
    /// <param name="language">An ISO 639-1 code.</param>
    /// <exception cref="NotSupportedException">There is no stemmer for the language; <see cref="TextAnalyzer.Plain"/> works for any.</exception>
    public static TextAnalyzer For(string language)
    {
        ArgumentNullException.ThrowIfNull(language);
        if (!All.TryGetValue(language, out (Func<SnowballProgram> Stemmer, Func<CharArraySet> StopWords) parts))
        {
            throw new NotSupportedException($"There is no stemmer for '{language}'. There are: {string.Join(", ", All.Keys)}. TextAnalyzer.Plain works for any language.");
        }

        // Stop words lose their accents as the text does.
        IEnumerable<string> stopWords = parts.StopWords().SelectMany(word => TextAnalyzer.Plain.Terms(word));
        // A stemmer has state: one per thread.
        ThreadLocal<SnowballProgram> stemmers = new(parts.Stemmer);
        return new TextAnalyzer(stopWords, word =>
        {
            SnowballProgram stemmer = stemmers.Value!;
            stemmer.SetCurrent(word);
            stemmer.Stem();
            return stemmer.Current;
        });
    }
}
