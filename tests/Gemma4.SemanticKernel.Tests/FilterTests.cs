using Gemma4.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

public class FilterTests
{
    private static readonly PromptExecutionSettings Auto = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_direct_request_passes_the_filters_of_functions_only(bool streaming)
    {
        (Kernel kernel, CountingFilter filter) = Filtered();

        await kernel.AskAsync(streaming, Auto);

        Assert.Equal(["auto get_weather", "function get_weather"], filter.Seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_function_passes_all_filters(bool streaming)
    {
        (Kernel kernel, CountingFilter filter) = Filtered();
        KernelFunction prompt = KernelFunctionFactory.CreateFromPrompt("What is the weather in {{$city}}?", Auto, "ask");
        KernelArguments arguments = new() { ["city"] = "Paris" };

        string answer = streaming
            ? string.Concat(await kernel.InvokeStreamingAsync<string>(prompt, arguments).ToListAsync())
            : (await kernel.InvokeAsync<string>(prompt, arguments))!;

        Assert.Equal("Sunny.", answer);
        Assert.Equal(["function ask", "prompt", "auto get_weather", "function get_weather"], filter.Seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_filter_can_end_the_loop_and_the_result_is_the_answer(bool streaming)
    {
        (Kernel kernel, CountingFilter filter) = Filtered();
        filter.Terminate = true;

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, Auto);

        Assert.Equal(AuthorRole.Tool, answer.Role);
        Assert.Equal("It is 21 degrees and sunny in Paris.", answer.Text);
        Assert.Equal(4, answer.History.Count);
        Assert.Equal("tool_calls", answer.Metadata["FinishReason"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_filter_sees_where_it_stands(bool streaming)
    {
        (Kernel kernel, CountingFilter filter) = Filtered();

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, Auto);

        AutoFunctionInvocationContext context = Assert.Single(filter.Contexts);
        Assert.Equal((0, 0, 1), (context.RequestSequenceIndex, context.FunctionSequenceIndex, context.FunctionCount));
        Assert.Equal(("call_1", streaming), (context.ToolCallId, context.IsStreaming));
        Assert.Same(kernel, context.Kernel);
        Assert.Same(Auto, context.ExecutionSettings);
        Assert.Same(answer.History, context.ChatHistory);
        Assert.Same(answer.History[2], context.ChatMessageContent);
        Assert.Equal("Paris", context.Arguments!["city"]);
    }

    [Fact]
    public async Task A_filter_can_replace_the_result_without_running_the_function()
    {
        using ScriptedChatClient client = Script();
        Kernel kernel = SmallKernel.Over(client);
        kernel.AutoFunctionInvocationFilters.Add(new ReplacingFilter());

        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, Auto);

        Assert.Equal("It rains.", answer.History[3].Content);
    }

    [Fact]
    public async Task What_a_filter_adds_to_the_history_is_sent_with_the_next_request()
    {
        using ScriptedChatClient client = Script();
        Kernel kernel = SmallKernel.Over(client);
        kernel.AutoFunctionInvocationFilters.Add(new RemarkingFilter());

        await kernel.AskAsync(streaming: false, Auto);

        Assert.Contains(client.Calls[1].Messages, message => message.Text == "Mind the units.");
    }

    private static ScriptedChatClient Script() => new ScriptedChatClient().Enqueue(SmallKernel.Call()).Enqueue("Sunny.");

    private static (Kernel Kernel, CountingFilter Filter) Filtered()
    {
        CountingFilter filter = new();
        Kernel kernel = SmallKernel.Over(Script(), services: services => services
            .AddSingleton<IPromptRenderFilter>(filter).AddSingleton<IFunctionInvocationFilter>(filter).AddSingleton<IAutoFunctionInvocationFilter>(filter));
        return (kernel, filter);
    }

    private sealed class ReplacingFilter : IAutoFunctionInvocationFilter
    {
        public Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            context.Result = new FunctionResult(context.Function, "It rains.");
            return Task.CompletedTask;
        }
    }

    private sealed class RemarkingFilter : IAutoFunctionInvocationFilter
    {
        public async Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            await next(context);
            context.ChatHistory.AddUserMessage("Mind the units.");
        }
    }
}
