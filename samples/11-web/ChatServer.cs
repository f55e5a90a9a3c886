using Gemma4.Web.Access;
using Gemma4.Web.Models;
using Gemma4.Web.OpenAI;
using Gemma4.Web.Page;
using OpenTelemetry.Metrics;

namespace Gemma4.Web;

/// <summary>Puts the server together: what it listens on, who may ask, and what answers under which address.</summary>
public static class ChatServer
{
    private static readonly Dictionary<string, string> Switches = new(StringComparer.Ordinal)
    {
        ["--model"] = "Server:ModelPath",
        ["--model-id"] = "Server:ModelId",
        ["--api-key"] = "Server:ApiKey",
        ["--documents"] = "Server:Documents",
        ["--requests-per-minute"] = "Server:RequestsPerMinute",
    };

    private static readonly string[] HostSwitches = ["--urls", "--http_ports", "--https_ports", "--environment"];
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>What the command line takes.</summary>
    public static string Usage => $"Usage: [--urls ADDRESS] [{string.Join(" VALUE] [", Switches.Keys)} VALUE] [--SECTION:SETTING VALUE]";

    /// <summary>Makes the server; <paramref name="configure"/> may replace any service, such as the model in a test.</summary>
    public static WebApplication Create(string[] args, Action<IServiceCollection>? configure = null)
    {
        CheckSwitches(args);
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddCommandLine(args, Switches);
        ServerOptions options = ServerOptions.Of(builder.Configuration);
        ListenAddresses.Settle(builder.Configuration, options);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddGemma(options);
        builder.Services.AddRequestLimits(options);
        builder.Services.AddHealthChecks().AddCheck<ModelHealthCheck>("model");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("Experimental.Microsoft.Extensions.AI", "Gemma4")
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting")
            .AddPrometheusExporter());
        configure?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<ApiErrorMiddleware>();
        app.UseMiddleware<ApiKeyMiddleware>();
        app.UseDefaultFiles();
        app.UseStaticFiles();
        app.UseRouting();
        app.UseRateLimiter();

        app.MapPost("/v1/chat/completions", ChatCompletionsEndpoint.HandleAsync).RequireRateLimiting(RequestLimits.Model);
        app.MapPost("/v1/embeddings", EmbeddingsEndpoint.HandleAsync).RequireRateLimiting(RequestLimits.Model);
        app.MapMethods("/v1/models", Reading, ModelsEndpoint.List);
        app.MapMethods("/v1/models/{id}", Reading, ModelsEndpoint.Get);
        app.MapPost("/chat", ChatEndpoint.HandleAsync).RequireRateLimiting(RequestLimits.Model);
        app.MapGet("/chat", ChatEndpoint.Describe);
        app.MapHealthChecks("/health");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapFallback(ApiErrors.UnknownAddress);
        return app;
    }

    // The configuration would take any word and nobody would ask for it.
    private static void CheckSwitches(string[] args)
    {
        foreach (string word in args.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            string name = word.Split('=')[0];
            if (!name.Contains(':', StringComparison.Ordinal)
                && !Switches.Keys.Concat(HostSwitches).Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new ServerOptionsException($"There is no switch '{name}'. {Usage}");
            }
        }
    }
}
