using Gemma4.Testing;
using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>Names on their way through Gemma's call notation, written and parsed by the real client, and back.</summary>
public class FunctionNameTests
{
    public static TheoryData<string, string> Names => new()
    {
        { "Weather", "get_weather" },
        { "my_plugin", "my_function" },
        { "A1", "f" },
        { "Server", "math.add-two" }, // tool servers use dots and dashes
        { "Server", "files/read:all" },
        { "Server", "search files" }, // a blank cannot stand in a call
        { "Server", "a-b-c-d" },
        { "Server", "天気を調べる" },
        { "Server", "größe_prüfen" },
        { "Server", "emoji🌍name" },
        { "Server", "9lives" },
        { "Server", new string('x', 300) },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_name_comes_back_to_its_own_function(string plugin, string function)
    {
        int ran = 0;
        string name = FunctionNames.ForModel(plugin, function);
        using IChatClient client = TestClient.Create(options => { }, $"<|tool_call>call:{name}{{}}<tool_call|>", "Done.<turn|>");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        AIFunction tool = AIFunctionFactory.Create(() => { ran++; return "fine"; }, function);
        AIFunction other = AIFunctionFactory.Create(() => "wrong", "other");
        kernel.Plugins.AddFromFunctions(plugin, [tool.AsKernelFunction(), other.AsKernelFunction()]);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: true, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Equal((1, "Done."), (ran, answer.Text));
        Microsoft.SemanticKernel.FunctionCallContent call = answer.History[2].Items.OfType<Microsoft.SemanticKernel.FunctionCallContent>().Single();
        Assert.Equal((plugin, function), (call.PluginName, call.FunctionName));
    }

    [Fact]
    public async Task Functions_of_one_name_in_two_plugins_are_told_apart()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue(SmallKernel.Call(name: "B-run")).Enqueue("Done.");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.AddFromFunctions("A", [KernelFunctionFactory.CreateFromMethod(() => "from A", "run")]);
        kernel.Plugins.AddFromFunctions("B", [KernelFunctionFactory.CreateFromMethod(() => "from B", "run")]);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Equal("from B", answer.History[3].Content);
    }

    [Fact]
    public async Task Two_functions_with_one_name_for_the_model_are_refused()
    {
        using ScriptedChatClient client = new();
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.AddFromFunctions("Server", [AIFunctionFactory.Create(() => 1, "a b").AsKernelFunction(), AIFunctionFactory.Create(() => 2, "a_b").AsKernelFunction()]);

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }));

        Assert.Contains("'Server.a b' and 'Server.a_b'", error.Message, StringComparison.Ordinal);
    }
}
