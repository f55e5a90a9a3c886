namespace Gemma4.Web.Tests;

/// <summary>A test that needs the system's Chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Browser.Path is not null ? null : "needs Chromium, which is not on the path (apt-get install chromium)";
}
