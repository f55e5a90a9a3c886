using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gemma4.Models;
using Gemma4.Nano;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Gemma4.Tests.Generation;

public class HealthAndTelemetryTests
{
    private static ServiceProvider Services(Func<int, HashEngine> engine, Action<Gemma4HealthCheckOptions>? check = null, Action<Gemma4Options>? configure = null, TimeProvider? time = null)
    {
        ServiceCollection services = new();
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddLogging();
        services.AddGemma4(options =>
        {
            options.UseNano();
            options.EngineFactory = folder => engine(folder.VocabularySize);
            configure?.Invoke(options);
        });
        services.AddHealthChecks().AddGemma4(configure: check, tags: ["ready"]);
        return services.BuildServiceProvider();
    }

    private static async Task<HealthReportEntry> Check(ServiceProvider services) =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["gemma4"];

    [Fact]
    public async Task A_model_that_gives_a_token_is_healthy()
    {
        int steps = 0;
        await using ServiceProvider services = Services(size => new HashEngine(size) { OnStep = (_, _) => steps++ }, options => options.LoadModel = true);

        HealthReportEntry entry = await Check(services);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.True(steps > 0);
        Assert.Equal(["ready"], entry.Tags);
    }

    [Fact]
    public async Task A_model_that_is_not_loaded_is_left_so()
    {
        int loads = 0;
        await using ServiceProvider services = Services(size => new HashEngine(size + (loads++ * 0)));

        HealthReportEntry entry = await Check(services);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(false, entry.Data["loaded"]);
        Assert.Equal(0, loads);
    }

    [Fact]
    public async Task A_model_that_fails_is_unhealthy_and_one_that_hangs_too()
    {
        await using ServiceProvider failing = Services(size => new HashEngine(size) { OnStep = (_, _) => throw new Gemma4ModelException("Out of order.") }, options => options.LoadModel = true);
        HealthReportEntry failed = await Check(failing);
        Assert.Equal(HealthStatus.Unhealthy, failed.Status);
        Assert.Contains("Out of order.", failed.Description);

        ManualTimeProvider time = new();
        using ManualResetEventSlim hangs = new();
        using ManualResetEventSlim go = new();
        await using ServiceProvider hanging = Services(
            size => new HashEngine(size)
            {
                OnStep = (_, _) =>
                {
                    hangs.Set();
                    go.Wait();
                },
            },
            options => (options.LoadModel, options.Timeout) = (true, TimeSpan.FromSeconds(5)),
            time: time);
        Task<HealthReportEntry> check = Check(hanging);
        await Task.Run(hangs.Wait);
        time.Advance(TimeSpan.FromSeconds(6));
        go.Set();
        Assert.Equal(HealthStatus.Unhealthy, (await check).Status);
    }

    [Fact]
    public async Task A_full_queue_is_degraded()
    {
        using ManualResetEventSlim go = new();
        await using ServiceProvider services = Services(
            size => new HashEngine(size) { OnStep = (_, _) => go.Wait() },
            configure: options => (options.Scheduling.MaxConcurrentRequests, options.Scheduling.MaxQueuedRequests) = (1, 1));
        IChatClient client = services.GetRequiredService<IChatClient>();
        Task<ChatResponse>[] requests = [client.GetResponseAsync("One"), client.GetResponseAsync("Two")];
        while (!services.GetRequiredService<Gemma4ChatClient>().GetStatistics().IsQueueFull)
        {
            await Task.Yield();
        }

        HealthReportEntry entry = await Check(services);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        go.Set();
        await Task.WhenAll(requests);
    }

    [Fact]
    public async Task Warming_up_reads_the_instructions_and_tools_at_the_start()
    {
        HashEngine? engine = null;
        await using ServiceProvider services = Services(
            size => engine = new HashEngine(size),
            configure: options =>
            {
                options.WarmUpOnStart = true;
                options.WarmUpInstructions = "You are brief.";
                options.WarmUpTools = _ => [AIFunctionFactory.Create((string city) => city, "get_weather", "Gets the weather.")];
            });
        foreach (Microsoft.Extensions.Hosting.IHostedService service in services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().Where(service => service.GetType().Assembly == typeof(Gemma4Options).Assembly))
        {
            await service.StartAsync(default);
        }

        Assert.True(engine!.Appended > 20);
        Assert.Equal(1, services.GetRequiredService<Gemma4ChatClient>().GetStatistics().PrefixCache.Sessions);
    }

    [Fact]
    public async Task Spans_and_metrics_say_where_the_time_went_and_nothing_of_the_text()
    {
        ConcurrentBag<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is Gemma4Telemetry.SourceName or "chats",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        const string Model = "telemetry-model";
        ConcurrentDictionary<string, double> sums = new();
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == Gemma4Telemetry.SourceName)
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.ToArray().Any(tag => Model.Equals(tag.Value)))
            {
                sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
            }
        }

        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        meters.Start();
        using (Gemma4ChatClient inner = HashClient.Create(size => new HashEngine(size), out _, options => options.ModelId = Model))
        {
            using IChatClient client = inner.AsBuilder().UseOpenTelemetry(sourceName: "chats").Build();
            List<ChatMessage> history = [new(ChatRole.User, "A secret question?")];
            ChatResponse first = await client.GetResponseAsync(history, new() { MaxOutputTokens = 20 });
            history.AddMessages(first);
            history.Add(new ChatMessage(ChatRole.User, "More?"));
            ChatResponse second = await client.GetResponseAsync(history, new() { MaxOutputTokens = 20 });

            double output = first.Usage!.OutputTokenCount!.Value + second.Usage!.OutputTokenCount!.Value;
            Assert.Equal(output, sums["gemma4.tokens.output"]);
            Assert.Equal(first.Usage.InputTokenCount!.Value + second.Usage.InputTokenCount!.Value, sums["gemma4.tokens.prompt"]);
            Assert.Equal(second.Usage.CachedInputTokenCount!.Value, sums["gemma4.tokens.cached"]);
            Assert.True(second.Usage.CachedInputTokenCount > 0);
            Assert.Equal(0, sums["gemma4.requests.running"]);
            Assert.Equal(0, sums["gemma4.requests.queued"]);
            Assert.True(sums["gemma4.prefix_cache.bytes"] > 0);
        }

        Assert.Equal(0, sums["gemma4.prefix_cache.bytes"]);
        Activity[] own = [.. activities.Where(activity => activity.Source.Name == Gemma4Telemetry.SourceName && Model.Equals(activity.GetTagItem("gen_ai.request.model")))];
        Activity[] chats = [.. activities.Where(activity => activity.Source.Name == "chats" && activity.DisplayName.Contains(Model, StringComparison.Ordinal))];
        Assert.Equal(2, own.Length);
        Assert.Equal(2, chats.Length);
        Assert.All(chats, chat =>
        {
            Activity below = Assert.Single(own, activity => activity.ParentSpanId == chat.SpanId);
            Assert.Equal(chat.GetTagItem("gen_ai.usage.input_tokens"), below.GetTagItem("gen_ai.usage.input_tokens"));
            Assert.Equal("chat", chat.GetTagItem("gen_ai.operation.name"));
            Assert.NotNull(below.GetTagItem("gemma4.prefill.duration"));
        });
        Assert.DoesNotContain("secret", string.Concat(own.Concat(chats).SelectMany(activity => activity.TagObjects).Select(tag => tag.Value)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_with_numbers_before_it_is_read()
    {
        Gemma4ModelFolder folder = Gemma4ModelFolder.Open(NanoModel.Directory);

        Gemma4ModelException error = Assert.Throws<Gemma4ModelException>(() => LoadedModel.CheckMemory(folder, 128, 20_000_000));
        Assert.Contains("0.02 GB are free", error.Message);
        LoadedModel.CheckMemory(folder, 128, 1_000_000_000);
    }
}
