using System.Text.Json;
using Gemma4.Sampling.Constraints;
using Gemma4.Sampling.Constraints.Matching;
using Xunit;

namespace Gemma4.Tests.Sampling.Constraints;

public sealed class RandomSchemaTests
{
    [Fact]
    public void Valid_instances_pass_in_any_spelling_and_what_passes_is_valid()
    {
        int schemas = 0, instances = 0, refused = 0, mutants = 0, walks = 0;
        for (var seed = 0; seed < 1200; seed++)
        {
            var random = new RandomSchema(seed);
            var schema = random.Create();
            var text = schema.ToJsonString();
            Gemma4Constraint constraint;
            try
            {
                constraint = Gemma4Constraint.JsonSchema(JsonElement.Parse(text));
            }
            catch (Gemma4ConstraintException problem) when (problem.Message.Contains("admits no text", StringComparison.Ordinal))
            {
                refused++;
                continue;
            }

            schemas++;
            var probe = ConstraintProbe.Of(constraint);
            for (var i = 0; i < 4; i++)
            {
                var instance = random.Write(random.Value(schema));
                var isValid = PlainValidator.IsValid(text, instance);
                var isAccepted = probe.Accepts(i % 2 == 0 ? ConstraintProbe.Nano.EncodeText(instance) : probe.SplitAnyhow(instance, random.Random));
                Assert.True(isValid == isAccepted, $"Seed {seed}: {text}\n{instance}\nvalid {isValid}, accepted {isAccepted}");
                instances += isValid ? 1 : 0;
                mutants += CheckMutants(text, instance, constraint, random.Random, seed);
            }

            if (seed % 3 == 0 && probe.Walk(random.Random, 200) is { } walked)
            {
                walks++;
                Assert.True(PlainValidator.IsValid(text, walked), $"Seed {seed}: {text}\n{walked}");
            }
        }

        Assert.InRange(schemas, 800, 1200);
        Assert.InRange(instances, 1200, 4800);
        Assert.InRange(mutants, 4000, 40000);
        Assert.InRange(walks, 150, 400);
        Assert.InRange(refused, 0, 400);
    }

    private static int CheckMutants(string schema, string instance, Gemma4Constraint constraint, Random random, int seed)
    {
        const string Marks = "\"{}[]:,0123456789-.eEtruefalsn \\abx";
        for (var i = 0; i < 4; i++)
        {
            var at = random.Next(instance.Length + 1);
            var mark = Marks[random.Next(Marks.Length)].ToString();
            var mutant = random.Next(3) switch
            {
                0 when at < instance.Length => instance.Remove(at, 1),
                1 when at < instance.Length => instance.Remove(at, 1).Insert(at, mark),
                _ => instance.Insert(at, mark),
            };
            if (mutant.EnumerateRunes().Any(rune => rune.Value == 0xFFFD))
            {
                // A torn surrogate pair is no text.
                continue;
            }

            var isValid = PlainValidator.IsValid(schema, mutant);
            var isAccepted = new TextCheck(constraint.Root).Run(mutant, hasControls: false).IsAccepted;

            // Bounded numbers have exponents in their normal form only, and listed ones no spare zeros: the judge knows more.
            var mayDiffer = isValid && HasOddNumber(mutant);
            Assert.True(isValid == isAccepted || mayDiffer, $"Seed {seed}: {schema}\n{mutant}\nvalid {isValid}, accepted {isAccepted}");
        }

        return 4;
    }

    private static bool HasOddNumber(string text) =>
        System.Text.RegularExpressions.Regex.IsMatch(text, "[0-9][eE]|\\.[0-9]*0|-0");
}
