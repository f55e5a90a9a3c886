using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Evaluation;

/// <summary>A question with tools and the calls that are right.</summary>
/// <param name="Id">The question's name in its set.</param>
/// <param name="Category">The class of question, such as <c>parallel</c>.</param>
/// <param name="Messages">The conversation to answer.</param>
/// <param name="Tools">The tools to declare; their schemas are JSON schema.</param>
/// <param name="Expected">The right calls; none says that no tool should be called.</param>
public sealed record FunctionCallingQuestion(
    string Id,
    string Category,
    IReadOnlyList<ChatMessage> Messages,
    IReadOnlyList<AIFunctionDeclaration> Tools,
    IReadOnlyList<ExpectedCall> Expected);
