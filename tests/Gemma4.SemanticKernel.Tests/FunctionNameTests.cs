using Gemma4.Testing;
using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>Names on their way through Gemma's call notation, written and parsed by the real client, and back.</summary>
public class FunctionNameTests
{
    public static TheoryData<string, string, string> Names => new()
    {
        { "Weather", "get_weather", "get_weather" },
        { "my_plugin", "my_function", "my_function" },
        { "A1", "f", "f" },
        { "1st", "9lives", "9lives" },
        { "Server", "math.add-two", "math_add_two" }, // tool servers use dots and dashes
        { "Server", "files/read:all", "files_read_all" },
        { "Server", "search files", "search_files" },
        { "Server", "größe_prüfen", "gro_e_prufen" },
        { "Server", "天気", "__" },
        { "Server", "emoji🌍", "emoji__" },
        { "Server", new string('x', 100), new string('x', 100) },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_name_comes_back_to_its_own_function(string plugin, string function, string kernelName)
    {
        int ran = 0;
        string name = FunctionNames.ForModel(plugin, kernelName);
        using IChatClient client = TestClient.Create(options => { }, $"<|tool_call>call:{name}{{}}<tool_call|>", "Done.<turn|>");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        AIFunction tool = AIFunctionFactory.Create(() => { ran++; return "fine"; }, function);
        AIFunction other = AIFunctionFactory.Create(() => "wrong", function); // comes second, so it gets a number
        kernel.Plugins.AddFromFunctions(plugin, new[] { tool, other }.AsKernelFunctions());

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: true, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Equal((1, "Done."), (ran, answer.Text));
        Microsoft.SemanticKernel.FunctionCallContent call = answer.History[2].Items.OfType<Microsoft.SemanticKernel.FunctionCallContent>().Single();
        Assert.Equal((plugin, kernelName), (call.PluginName, call.FunctionName));
        Assert.Equal([kernelName, kernelName + "_2"], kernel.Plugins[plugin].Select(entry => entry.Name).Order(StringComparer.Ordinal));
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
}
