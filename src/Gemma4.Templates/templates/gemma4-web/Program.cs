// Answers of Gemma 4, in this process, over HTTP: dotnet run [-- --model FOLDER] [--urls http://127.0.0.1:5000]
// Settings are in appsettings.json; environment variables such as Gemma4__ModelPath and the command line go before it.
using System.Threading.RateLimiting;
using Company.GemmaWeb;
using Gemma4;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
#if (telemetry)
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
#endif

WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory, // appsettings.json is beside the program, whatever the current directory
});
builder.Configuration.AddCommandLine(args, new Dictionary<string, string> { ["--model"] = "Gemma4:ModelPath" });

ChatLimits limits = builder.Configuration.GetSection("Chat").Get<ChatLimits>() ?? new ChatLimits();
ChatClientBuilder chat = builder.Services.AddGemma4(options =>
{
    builder.Configuration.GetSection("Gemma4").Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
    if (string.IsNullOrWhiteSpace(options.ModelPath) && options.Model is null)
    {
        options.UseNano(); // a toy that shows how everything fits together and knows almost nothing
    }
});
#if (safety)
chat.UseSafety(); // guards questions and answers, streamed as well
#endif
#if (telemetry)
chat.UseOpenTelemetry();
#endif

builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = limits.MaxBodyBytes;
});
builder.Services.AddSingleton(limits);
builder.Services.AddProblemDetails();
builder.Services.AddHealthChecks().AddGemma4();
builder.Services.AddRateLimiter(limiter =>
{
    limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
    // Not by anything that a caller writes: it would write something else each time.
    limiter.AddPolicy("caller", context => RateLimitPartition.GetFixedWindowLimiter(
        context.Connection.RemoteIpAddress?.ToString() ?? "",
        _ => new FixedWindowRateLimiterOptions { PermitLimit = limits.RequestsPerMinute, Window = TimeSpan.FromMinutes(1) }));
});
#if (telemetry)

const string ChatSource = "Experimental.Microsoft.Extensions.AI"; // what UseOpenTelemetry reports under
OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
    .WithTracing(tracing => tracing.AddSource(Gemma4Telemetry.SourceName, ChatSource, "Microsoft.AspNetCore"))
    .WithMetrics(metrics => metrics.AddMeter(Gemma4Telemetry.SourceName, ChatSource, "Microsoft.AspNetCore.Hosting"));
if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
{
    telemetry.UseOtlpExporter();
}
#endif

try
{
    await using WebApplication app = builder.Build();
    await app.Services.GetRequiredService<Gemma4ChatClient>().WarmUpAsync(); // a wrong folder is told in one line, and no caller waits for the model
    app.UseExceptionHandler();
    app.UseStatusCodePages();
    app.UseRateLimiter();
    app.MapPost("/chat", ChatEndpoint.HandleAsync).RequireRateLimiting("caller");
    app.MapHealthChecks("/health");
    await app.RunAsync();
    return 0;
}
// The last is a setting that does not exist, or is of another type.
catch (Exception failure) when (failure is Gemma4ModelException or OptionsValidationException
    or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" })
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
