// A conversation with an agent on Gemma 4, in this process: dotnet run [-- --model FOLDER]
// Settings are in appsettings.json; environment variables such as Gemma4__ModelPath and the command line go before it.
using Company.GemmaAgent;
using Gemma4;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory, // appsettings.json is beside the program, whatever the current directory
});
builder.Configuration.AddCommandLine(args, new Dictionary<string, string> { ["--model"] = "Gemma4:ModelPath" });

AgentSettings settings = builder.Configuration.GetSection("Agent").Get<AgentSettings>() ?? new AgentSettings();
ChatClientBuilder chat = builder.Services.AddGemma4(options =>
{
    builder.Configuration.GetSection("Gemma4").Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
    if (string.IsNullOrWhiteSpace(options.ModelPath) && options.Model is null)
    {
        options.UseNano(); // a toy that shows how everything fits together and knows almost nothing
    }
});
#if (safety)
chat.UseSafety(); // outside the tool loop: guards questions, answers and every tool call and result
#endif
chat.UseFunctionInvocation(configure: loop => loop.MaximumIterationsPerRequest = settings.MaxToolRounds);

builder.Services.AddSingleton(settings);
builder.Services.AddSingleton<AgentConversation>();
builder.Services.AddSingleton<Interruption>();
builder.Services.AddSingleton<IHostLifetime>(services => services.GetRequiredService<Interruption>());

try
{
    using IHost host = builder.Build();
    Gemma4ChatClient model = host.Services.GetRequiredService<Gemma4ChatClient>();
    await model.WarmUpAsync(); // before the host starts, so that a wrong folder is told in one line
    await host.StartAsync();
    Console.WriteLine($"{model.GetService<ChatClientMetadata>()?.DefaultModelId} is ready. /new begins again, /exit or Ctrl+C ends.");
    await ConverseAsync(host.Services.GetRequiredService<AgentConversation>(), host.Services.GetRequiredService<Interruption>());
    await host.StopAsync();
    return 0;
}
// The last is a setting that does not exist, or is of another type.
catch (Exception failure) when (failure is Gemma4ModelException or OptionsValidationException
    or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" })
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

static async Task ConverseAsync(AgentConversation conversation, Interruption interruption)
{
    while (await interruption.ReadLineAsync("> ", CancellationToken.None) is { } line and not "/exit")
    {
        if (line == "/new")
        {
            conversation.Forget();
        }
        else if (!string.IsNullOrWhiteSpace(line))
        {
            bool isWhole = await interruption.RunAnswerAsync(cancellationToken => conversation.AskAsync(
                line,
                Console.Out,
                async call => await interruption.ReadLineAsync($"Run {call}? y/N: ", cancellationToken) is "y" or "Y",
                cancellationToken));
            Console.WriteLine(isWhole ? "" : " [interrupted]");
        }
    }
}
