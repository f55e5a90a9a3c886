using Microsoft.Playwright;

namespace Gemma4.Web.Tests;

/// <summary>The system's Chromium, without a window, and one server with the toy model.</summary>
public sealed class Browser : IAsyncLifetime
{
    // Milliseconds; a busy machine is slow, not broken.
    private const int Patience = 30_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? Path { get; } = SearchPath.Find("chromium");

    public WebServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await WebServer.StartAsync();
        if (Path is null)
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,

            // A sandbox needs rights that containers do not give; the pages are our own.
            Args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>Opens the page, ready to be asked.</summary>
    public async Task<IPage> OpenAsync(WebServer? server = null, int width = 1100, int height = 760, ColorScheme colors = ColorScheme.Light)
    {
        IPage page = await _browser!.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = colors });
        page.SetDefaultTimeout(Patience);
        await page.GotoAsync((server ?? Server).Url.AbsoluteUri);
        return page;
    }

    /// <summary>Writes a picture of the page to .artifacts/screenshots.</summary>
    public static Task PictureAsync(IPage page, string name) =>
        page.ScreenshotAsync(new PageScreenshotOptions { Path = System.IO.Path.Combine(TestData.Root, ".artifacts", "screenshots", name + ".png") });
}
