namespace Gemma4.Templates.Tests;

/// <summary>A project that <c>dotnet new</c> makes.</summary>
/// <param name="Template">The template's short name.</param>
/// <param name="Name">The project's name.</param>
/// <param name="Options">Further options of the template.</param>
internal sealed record MadeProject(string Template, string Name, params string[] Options)
{
    public static readonly MadeProject Agent = new("gemma4-agent", "My.Agent");
    public static readonly MadeProject PlainAgent = new("gemma4-agent", "my-agent", "--safety", "false");
    public static readonly MadeProject Web = new("gemma4-web", "My.Web");
    public static readonly MadeProject PlainWeb = new("gemma4-web", "my-web", "--safety", "false", "--telemetry", "false");
    public static readonly MadeProject Documents = new("gemma4-rag", "My.Documents");
    public static readonly MadeProject StoredDocuments = new("gemma4-rag", "my-documents", "--safety", "false", "--sqlite", "true");

    public static IReadOnlyList<MadeProject> All { get; } = [Agent, PlainAgent, Web, PlainWeb, Documents, StoredDocuments];

    public static TheoryData<string> Names => [.. All.Select(project => project.Name)];

    public static MadeProject Of(string name) => All.Single(project => project.Name == name);
}
