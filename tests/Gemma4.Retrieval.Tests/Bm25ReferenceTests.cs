using System.Text.Json;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Retrieval.Tests;

/// <summary>
/// Compares with the formula written plainly, on the Berkeley function-calling questions: a question must find the function that
/// answers it among all functions of the set.
/// </summary>
public class Bm25ReferenceTests(ITestOutputHelper output)
{
    private const double K1 = 1.2;
    private const double B = 0.75;
    private const double MeasuredNdcg = 0.79;

    private static readonly string[] Files = ["simple_python", "multiple", "parallel", "parallel_multiple"];

    [SharedFact]
    public void Scores_are_those_of_the_formula_and_stay_so_after_changes()
    {
        (string[] documents, (string Text, HashSet<int> Relevant)[] questions) = Read();
        Bm25Index index = new(TextAnalyzer.English);
        // Filled twice and partly emptied, so that lists were compacted.
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < documents.Length; i++)
            {
                index.Set(i, round == 2 ? documents[i] : documents[^(i + 1)]);
            }
        }

        HashSet<int> removed = [.. Enumerable.Range(0, documents.Length).Where(i => i % 10 == 3)];
        foreach (int document in removed)
        {
            index.Remove(document);
        }

        Func<string, IEnumerable<(int Document, double Score)>> reference = Plain(documents, document => !removed.Contains(document), TextAnalyzer.English);
        foreach ((string text, _) in questions)
        {
            (int Document, double Score)[] expected = [.. reference(text).Take(20)];
            List<(int Document, float Score)> found = index.Search(text, 20, null);
            Assert.Equal(expected.Select(hit => hit.Score), found.Select(hit => (double)hit.Score), (a, b) => Math.Abs(a - b) < 1e-4);
            // Documents of equal score may change places.
            Assert.All(found.Zip(expected), pair => Assert.True(pair.First.Document == pair.Second.Document || Math.Abs(pair.First.Score - pair.Second.Score) < 1e-4));
        }
    }

    [SharedFact]
    public void It_ranks_no_worse_than_the_formula_over_plain_words()
    {
        (string[] documents, (string Text, HashSet<int> Relevant)[] questions) = Read();
        Bm25Index index = new(TextAnalyzer.English);
        foreach ((int number, string document) in documents.Index())
        {
            index.Set(number, document);
        }

        Func<string, IEnumerable<(int Document, double Score)>> plain = Plain(documents, _ => true, TextAnalyzer.Plain);
        double own = questions.Average(question => Ndcg(index.Search(question.Text, 10, null).Select(hit => hit.Document), question.Relevant));
        double reference = questions.Average(question => Ndcg(plain(question.Text).Take(10).Select(hit => hit.Document), question.Relevant));

        output.WriteLine($"{questions.Length} questions, {documents.Length} functions: nDCG@10 {own:F4}, plain words {reference:F4}");
        Assert.True(own >= reference, $"{own} against {reference}");
        Assert.InRange(own, MeasuredNdcg, 1);
    }

    [SharedFact]
    public void A_mask_changes_the_choice_and_no_score()
    {
        (string[] documents, (string Text, HashSet<int> Relevant)[] questions) = Read();
        Bm25Index index = new(TextAnalyzer.English);
        RowMask even = new(documents.Length);
        foreach ((int number, string document) in documents.Index())
        {
            index.Set(number, document);
            if (number % 2 == 0)
            {
                even.Add(number);
            }
        }

        Assert.All(questions.Take(50), question => Assert.Equal(
            index.Search(question.Text, int.MaxValue, null).Where(hit => hit.Document % 2 == 0).Take(10), index.Search(question.Text, 10, even)));
    }

    private static Func<string, IEnumerable<(int Document, double Score)>> Plain(string[] documents, Func<int, bool> alive, TextAnalyzer analyzer)
    {
        string[][] terms = [.. documents.Select(document => analyzer.Terms(document).ToArray())];
        int[] living = [.. Enumerable.Range(0, documents.Length).Where(document => alive(document) && terms[document].Length > 0)];
        double average = living.Average(document => terms[document].Length);
        Dictionary<string, int> frequency = living.SelectMany(document => terms[document].Distinct()).GroupBy(term => term).ToDictionary(group => group.Key, group => group.Count());
        return question => living.Select(document => (document, analyzer.Terms(question).Sum(term =>
            {
                int count = terms[document].Count(own => own == term);
                int having = frequency.GetValueOrDefault(term);
                return count == 0 ? 0 : Math.Log(1 + ((living.Length - having + 0.5) / (having + 0.5))) * count * (K1 + 1) / (count + (K1 * (1 - B + (B * terms[document].Length / average))));
            }))).Where(hit => hit.Item2 > 0).OrderByDescending(hit => hit.Item2).ThenBy(hit => hit.document);
    }

    private static double Ndcg(IEnumerable<int> found, HashSet<int> relevant) =>
        found.Select((document, index) => relevant.Contains(document) ? 1 / Math.Log2(index + 2) : 0).Sum()
        / Enumerable.Range(0, Math.Min(10, relevant.Count)).Sum(index => 1 / Math.Log2(index + 2));

    private static (string[] Documents, (string Text, HashSet<int> Relevant)[] Questions) Read()
    {
        Dictionary<string, int> numbers = [];
        List<string> documents = [];
        List<(string Text, HashSet<int> Relevant)> questions = [];
        foreach (string file in Files)
        {
            string folder = Path.Combine(TestData.Shared!, "data", "bfcl");
            foreach ((string asked, string answered) in File.ReadLines(Path.Combine(folder, $"BFCL_v4_{file}.json")).Zip(File.ReadLines(Path.Combine(folder, "possible_answer", $"BFCL_v4_{file}.json"))))
            {
                JsonElement question = JsonElement.Parse(asked);
                JsonElement answer = JsonElement.Parse(answered);
                Assert.Equal(question.GetProperty("id").GetString(), answer.GetProperty("id").GetString());
                Dictionary<string, int> own = [];
                foreach (JsonElement function in question.GetProperty("function").EnumerateArray())
                {
                    string name = function.GetProperty("name").GetString()!;
                    string document = $"{name.Replace('_', ' ').Replace('.', ' ')}. {function.GetProperty("description").GetString()}";
                    if (!numbers.TryGetValue(document, out int number))
                    {
                        numbers[document] = number = documents.Count;
                        documents.Add(document);
                    }

                    own[name] = number;
                }

                HashSet<int> relevant = [.. answer.GetProperty("ground_truth").EnumerateArray().Select(call => own[call.EnumerateObject().First().Name])];
                questions.Add((question.GetProperty("question")[0].EnumerateArray().Last().GetProperty("content").GetString()!, relevant));
            }
        }

        return ([.. documents], [.. questions]);
    }
}
