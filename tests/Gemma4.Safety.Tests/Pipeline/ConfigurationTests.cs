using System.Text;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gemma4.Safety.Tests.Pipeline;

public sealed class ConfigurationTests
{
    [Fact]
    public async Task Policies_come_from_configuration_and_a_change_reaches_the_next_request()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Safety:Policies:default:Rules:0:Detector"] = "blocked-words",
            ["Safety:Policies:default:Rules:0:Action"] = "Redact",
            ["Safety:Policies:default:Rules:0:Phrases:0"] = "falcon",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        using var services = new ServiceCollection().AddSafety(configuration.GetSection("Safety")).BuildServiceProvider();
        var model = new ScriptedChatClient().Enqueue("a").Enqueue("b").Enqueue("c");
        var client = model.AsBuilder().UseSafety().Build(services);

        await client.GetResponseAsync("falcon and eagle");
        configuration["Safety:Policies:default:Rules:0:Phrases:0"] = "eagle";
        configuration.Reload();
        await client.GetResponseAsync("falcon and eagle");
        configuration["Safety:Policies:default:Rules:0:Detector"] = "nothing";
        Assert.ThrowsAny<Exception>(configuration.Reload);
        await client.GetResponseAsync("falcon and eagle");

        Assert.Equal(["<WORDS> and eagle", "falcon and <WORDS>", "falcon and <WORDS>"], model.Calls.Select(call => call.Messages[0].Text));
    }

    [Fact]
    public async Task Named_options_of_others_do_not_become_the_policies()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Other:RefusalText", "Other.")]).Build();
        var collection = new ServiceCollection().AddSafety(options => options.RefusalText = "Ours.");
        collection.AddOptions<SafetyOptions>("other").Bind(configuration.GetSection("Other"));
        using var services = collection.BuildServiceProvider();
        var client = new ScriptedChatClient().AsBuilder().UseSafety().Build(services);

        configuration.Reload();

        Assert.Equal("Ours.", (await client.GetResponseAsync(Pipe.Attack)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Filters_in_the_container_are_known_without_AddSafety_too(bool isRegistered)
    {
        var collection = new ServiceCollection().AddSingleton<ISafetyFilter, FalconFilter>().AddSingleton<ITextDetector>(new EagleDetector());
        Action<SafetyOptions> rules = Pipe.Rules(
            new() { Detector = "falcon", Action = SafetyAction.Redact, Stages = [SafetyStage.Input] },
            new() { Detector = "eagle", Action = SafetyAction.Redact, Stages = [SafetyStage.Input] });
        using var services = (isRegistered ? collection.AddSafety(rules) : collection).BuildServiceProvider();
        var model = new ScriptedChatClient().Enqueue("a");

        await model.AsBuilder().UseSafety(isRegistered ? null : rules).Build(services).GetResponseAsync("falcon and eagle");

        Assert.Equal("<FALCON> and <EAGLE>", model.Calls[0].Messages[0].Text);
    }

    private sealed class FalconFilter : ISafetyFilter
    {
        public string Id => "falcon";

        public ValueTask<IReadOnlyList<Finding>> CheckAsync(string text, SafetyStage stage, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<Finding>>([new Finding("falcon", RiskCategory.BlockedTopic, "FALCON", text.IndexOf("falcon", StringComparison.Ordinal), 6, 1)]);
    }

    private sealed class EagleDetector : ITextDetector
    {
        public string Id => "eagle";

        public int? HoldBack => null;

        public void Detect(TextView text, ICollection<Finding> found) =>
            found.Add(new Finding("eagle", RiskCategory.BlockedTopic, "EAGLE", text.Text.IndexOf("eagle", StringComparison.Ordinal), 5, 1));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { """{ "Policy": "none" }""", "'none'" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "nope" } ] } } }""", "'nope'" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "blocked-words" } ] } } }""", "Phrases" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "Action": "Replace" } ] } } }""", "Replacement" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "Action": "Ask" } ] } } }""", "ToolArguments" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "AllowedHosts": [ "a" ] } ] } } }""", "AllowedHosts" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "Action": "Redact", "Style": "Hash" } ] } } }""", "HashKey" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "MinScore": 2 } ] } } }""", "MinScore" },
        { """{ "Policies": { "p": { "Tools": { "Arguments": [ { "Tool": "t", "Argument": "a" } ] } } } }""", "forbids nothing" },
        { """{ "Policies": { "p": { "Tools": { "Arguments": [ { "Tool": "t", "Argument": "a", "Pattern": "(a)\\1" } ] } } } }""", "backtracking" },
        { """{ "FilterTimeout": "00:00:00" }""", "FilterTimeout" },
        { """{ "Polices": {} , "Policiess": { "a": { "Streaming": "x" } } }""", "Policiess" },
        { """{ "Policies": { "p": { "Rules": [ { "Detector": "secrets", "Action": "Explode" } ] } } }""", "Explode" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Wrong_configuration_fails_at_the_start_and_says_why(string json, string expected)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        builder.Services.AddSafety(builder.Configuration);
        using var host = builder.Build();

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());

        Assert.Contains(expected, failure.ToString());
    }
}
