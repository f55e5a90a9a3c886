using System.Text.Json.Nodes;
using Gemma4.Agents.Evaluation;
using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Agents.Tests;

public class ToolCallRepairTests(ITestOutputHelper output)
{
    private const int Seed = 20260801;

    /// <summary>Their gold calls break their own schemas: the name of a variable where numbers are declared.</summary>
    private static readonly string[] AgainstTheirSchema = ["parallel_multiple_21", "parallel_multiple_94"];

    private static IEnumerable<FunctionCallingQuestion> Questions => Bfcl.Questions.Where(question => !AgainstTheirSchema.Contains(question.Id));

    [SharedFact]
    public void A_right_call_stays_as_it_is()
    {
        string[] changed = [.. Questions.SelectMany(question => Bfcl.Gold(question).Select(gold => (question, gold, reading: ToolCallRepair.Read(gold, question.Tools))))
            .Where(entry => !IsSame(entry.reading.Call, entry.gold))
            .Select(entry => $"{entry.question.Id}: {string.Join("; ", entry.reading.Faults)}{string.Join("; ", entry.reading.Repairs)}")];

        Assert.Empty(changed);
    }

    [SharedFact]
    public void Single_faults_are_mended_and_never_wrongly()
    {
        Random random = new(Seed);
        SortedDictionary<string, (int Mended, int Wrong, int Count)> classes = new(StringComparer.Ordinal);
        List<string> wrong = [];
        foreach (FunctionCallingQuestion question in Questions)
        {
            foreach (FunctionCallContent gold in Bfcl.Gold(question))
            {
                AIFunctionDeclaration tool = question.Tools.First(entry => entry.Name == gold.Name);
                foreach (CallMutation mutation in CallMutation.Of(gold, tool, random))
                {
                    FunctionCallContent? read = mutation.Call is { } call
                        ? ToolCallRepair.Read(call, question.Tools).Call
                        : ToolCallRepair.ReadText(mutation.Text!, "call", question.Tools)?.Call;
                    bool isMended = read is not null && IsSame(read, gold);
                    (int mended, int wrongly, int count) = classes.GetValueOrDefault(mutation.Class);
                    classes[mutation.Class] = (mended + (isMended ? 1 : 0), wrongly + (read is not null && !isMended ? 1 : 0), count + 1);
                    if (read is not null && !isMended)
                    {
                        wrong.Add($"{question.Id} {mutation.Class}: {mutation.Text ?? CanonicalCall.Of(mutation.Call!)} -> {CanonicalCall.Of(read)}");
                    }
                }
            }
        }

        foreach ((string name, (int mended, int wrongly, int count)) in classes)
        {
            output.WriteLine($"{name,-32} {mended,5} of {count,5} mended, {wrongly} wrong");
        }

        // What was cut off is gone: such a call can only be refused.
        (int Mended, int Wrong, int Count)[] whole = [.. classes.Where(entry => entry.Key != "cut off").Select(entry => entry.Value)];
        double share = whole.Sum(entry => entry.Mended) / (double)whole.Sum(entry => entry.Count);
        output.WriteLine($"{share:P2} of {whole.Sum(entry => entry.Count)} mended");
        foreach (string line in wrong.Take(30))
        {
            output.WriteLine(line);
        }

        Assert.Empty(wrong);
        Assert.True(share >= 0.95, $"{share:P2} mended");
    }

    private static bool IsSame(FunctionCallContent? read, FunctionCallContent gold)
    {
        return read is not null && read.Name == gold.Name
            && JsonNode.DeepEquals(Number(CallMutation.Arguments(read)), Number(CallMutation.Arguments(gold)));

        // 5 and 5.0 are one number.
        static JsonNode? Number(JsonNode? node) => node switch
        {
            JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Number(member.Value)))),
            JsonArray items => new JsonArray([.. items.Select(Number)]),
            JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => JsonValue.Create(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
            _ => node?.DeepClone(),
        };
    }
}
