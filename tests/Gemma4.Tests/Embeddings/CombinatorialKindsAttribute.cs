using System.Reflection;
using Xunit.Sdk;

namespace Gemma4.Tests.Embeddings;

/// <summary>Every toy graph of full precision with every prompt of the contract.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CombinatorialKindsAttribute : DataAttribute
{
    private static readonly (string? Purpose, string Prompt)[] Prompts =
    [
        (null, ""), ("none", ""), ("query", "task: search result | query: "), ("document", "title: none | text: "),
        ("clustering", "task: clustering | query: "), ("classification", "task: classification | query: "),
        ("sentence similarity", "task: sentence similarity | query: "), ("summarization", "task: summarization | query: "),
        ("code retrieval", "task: code retrieval | query: "),
    ];

    public override IEnumerable<object?[]> GetData(MethodInfo testMethod) =>
        from kind in Enum.GetValues<ToyGraph>()
        where kind != ToyGraph.SentencesOfHalf
        from prompt in Prompts
        select new object?[] { kind, prompt.Purpose, prompt.Prompt };
}
