namespace Gemma4.Web.Tests;

/// <summary>A test that needs Node.js with npm, and the npm registry.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() =>
        Skip = Array.TrueForAll(["node", "npm"], program => SearchPath.Find(program) is not null) ? null : "needs node and npm, which are not on the path";
}
