using Gemma4.Nano;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;
using Moq;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

public class RegistrationTests
{
    [Fact]
    public void All_services_stand_over_one_client_and_one_pipeline()
    {
        int built = 0;
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(options => options.UseNano(), pipeline: stages => stages.Use(inner =>
        {
            built++;
            return new CountingStage(inner);
        })).Build();

        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        Assert.Same(chat, kernel.GetRequiredService<ITextGenerationService>());
        Assert.Same(chat, kernel.GetRequiredService<IChatCompletionService>());
        Assert.NotNull(kernel.GetRequiredService<IChatClient>().GetService<CountingStage>());
        Assert.Single(kernel.GetAllServices<IChatClient>());
        Assert.Equal(1, built);
        Assert.Equal("gemma4-nano", chat.GetModelId());
    }

    [Fact]
    public async Task Stages_see_every_request_by_the_method_that_the_caller_chose()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("1").Enqueue("2").Enqueue("3").Enqueue("4").Enqueue("5");
        Kernel kernel = SmallKernel.Over(client, stages => stages.Use(inner => new CountingStage(inner)));
        CountingStage stage = kernel.GetRequiredService<IChatClient>().GetService<CountingStage>()!;

        await kernel.AskAsync(streaming: false);
        Assert.Equal((1, 0), (stage.Responses, stage.Streams));
        await kernel.AskAsync(streaming: true);
        Assert.Equal((1, 1), (stage.Responses, stage.Streams));
        await kernel.GetRequiredService<IChatClient>().GetResponseAsync("Hi");
        await kernel.GetRequiredService<ITextGenerationService>().GetTextContentAsync("Hi");
        await kernel.InvokePromptAsync("Hi");
        Assert.Equal((4, 1), (stage.Responses, stage.Streams));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pipeline_that_invokes_functions_itself_is_refused(bool kernelKind)
    {
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(options => options.UseNano(), pipeline: stages => _ = kernelKind ? stages.UseKernelFunctionInvocation() : stages.UseFunctionInvocation()).Build();
        using ScriptedChatClient scripted = new();
        using IChatClient ready = scripted.AsBuilder().UseFunctionInvocation().Build();

        foreach (Action ask in new Action[]
        {
            () => kernel.GetRequiredService<IChatClient>(),
            () => kernel.GetRequiredService<IChatCompletionService>(),
            () => Kernel.CreateBuilder().AddGemma4(ready),
            () => _ = new Gemma4ChatCompletionService(ready),
        })
        {
            Assert.Contains("would run functions when autoInvoke is false", Assert.Throws<InvalidOperationException>(ask).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_models_stand_side_by_side_and_are_chosen_by_service_id_and_by_model_id()
    {
        using ScriptedChatClient small = new ScriptedChatClient("small").Enqueue("small 1").Enqueue("small 2");
        using ScriptedChatClient large = new ScriptedChatClient("large").Enqueue("large 1").Enqueue("large 2").Enqueue("large 3");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(small, "s").AddGemma4(large, "l").Build();

        Assert.Equal("small", kernel.GetRequiredService<IChatCompletionService>("s").GetModelId());
        Assert.Equal("large", kernel.GetRequiredService<IChatClient>("l").GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.Equal("small 1", await ByServiceAsync("s"));
        Assert.Equal("large 1", await ByServiceAsync("l"));
        Assert.Equal("small 2", await ByModelAsync("small"));
        Assert.Equal("large 2", await ByModelAsync("large"));
        // Without a choice the kernel takes what was registered last.
        Assert.Equal("large 3", (await kernel.InvokePromptAsync("Hi")).ToString());

        async Task<string> ByServiceAsync(string id) =>
            (await kernel.InvokePromptAsync("Hi", new(new Gemma4PromptExecutionSettings { ServiceId = id }))).ToString();
        async Task<string> ByModelAsync(string id) =>
            (await kernel.InvokePromptAsync("Hi", new(new Gemma4PromptExecutionSettings { ModelId = id }))).ToString();
    }

    [Fact]
    public async Task Models_without_service_ids_are_chosen_by_model_id_and_do_not_take_from_each_other()
    {
        using ScriptedChatClient first = new ScriptedChatClient("first").Enqueue("first");
        using ScriptedChatClient second = new ScriptedChatClient("second").Enqueue("second");
        using ScriptedChatClient other = new("other");
        IKernelBuilder builder = Kernel.CreateBuilder().AddGemma4(first).AddGemma4(second);
        builder.Services.AddChatClient(other);
        Kernel kernel = builder.Build();

        Assert.Equal("first", (await kernel.InvokePromptAsync("Hi", new(new PromptExecutionSettings { ModelId = "first" }))).ToString());
        Assert.Equal("second", (await kernel.InvokePromptAsync("Hi")).ToString());
        Assert.Equal(["first", "second", "other"], kernel.GetAllServices<IChatClient>().Select(client => client.GetService<ChatClientMetadata>()!.DefaultModelId));
    }

    [Theory]
    [InlineData(null, "without a service id")]
    [InlineData("a", "under the service id 'a'")]
    public void Two_models_by_options_need_two_service_ids(string? id, string words)
    {
        IKernelBuilder builder = Kernel.CreateBuilder().AddGemma4("one", id).AddGemma4("two", "b");

        Assert.Contains(words, Assert.Throws<InvalidOperationException>(() => builder.AddGemma4("three", id)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_registered_client_can_be_wrapped_again_but_not_with_stages_outside()
    {
        using ScriptedChatClient scripted = new ScriptedChatClient().Enqueue("Hi.");
        IChatClient registered = SmallKernel.Over(scripted, stages => stages.Use(inner => new CountingStage(inner))).GetRequiredService<IChatClient>();
        using IChatClient wrapped = new CountingStage(registered);

        await new Gemma4ChatCompletionService(registered).GetChatMessageContentAsync(new ChatHistory { new(AuthorRole.User, "Hi") });

        Assert.Equal(1, registered.GetService<CountingStage>()!.Responses);
        Assert.Throws<InvalidOperationException>(() => new Gemma4ChatCompletionService(wrapped));
    }

    [Fact]
    public async Task A_kernel_in_an_application_takes_its_services_from_the_container()
    {
        ServiceCollection services = new();
        services.AddGemma4ChatCompletion(NanoModel.Directory, "nano");
        services.AddGemma4ChatCompletion(options => options.UseNano());
        services.AddKernel();
        await using ServiceProvider provider = services.BuildServiceProvider();
        Kernel kernel = provider.GetRequiredService<Kernel>();

        Assert.Equal("Hello! How can I help you?", (await kernel.InvokePromptAsync("Hello")).ToString());
        Assert.Equal(NanoModel.FolderName, provider.GetRequiredKeyedService<IChatCompletionService>("nano").GetModelId());
    }

    [Fact]
    public async Task The_container_disposes_the_model_that_it_made_but_not_a_client_that_it_was_given()
    {
        using ScriptedChatClient given = new ScriptedChatClient().Enqueue("Still here.");
        IChatClient made;
        await using (ServiceProvider provider = new ServiceCollection()
            .AddGemma4ChatCompletion(given, "given").AddGemma4ChatCompletion(options => options.UseNano()).BuildServiceProvider())
        {
            made = provider.GetRequiredService<IChatClient>();
            provider.GetRequiredKeyedService<IChatClient>("given");
        }

        Assert.Equal("Still here.", (await given.GetResponseAsync("Hi")).Text);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => made.GetResponseAsync("Hi"));
    }

    [Fact]
    public void Arguments_are_checked_at_registration()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();

        Assert.Throws<ArgumentNullException>(() => builder.AddGemma4((Action<Gemma4Options>)null!));
        Assert.Throws<ArgumentNullException>(() => builder.AddGemma4((IChatClient)null!));
        Assert.Throws<ArgumentException>(() => builder.AddGemma4(" "));
        Assert.Throws<ArgumentNullException>(() => ((IKernelBuilder)null!).AddGemma4("x"));
    }

    [Fact]
    public async Task A_mocked_chat_client_works_as_users_of_the_kernel_expect()
    {
        Mock<IChatClient> mock = new();
        mock.Setup(client => client.GetResponseAsync(It.IsAny<IEnumerable<ChatMessage>>(), It.IsAny<ChatOptions>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ChatResponse(new ChatMessage(ChatRole.Assistant, "Mocked.")));
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(mock.Object).Build();

        Assert.Equal("Mocked.", (await kernel.InvokePromptAsync("Hi")).ToString());
        mock.Verify(client => client.GetResponseAsync(It.Is<IEnumerable<ChatMessage>>(messages => messages.Single().Text == "Hi"), It.IsAny<ChatOptions>(), It.IsAny<CancellationToken>()), Times.Once);
    }

    private sealed class CountingStage(IChatClient inner) : DelegatingChatClient(inner)
    {
        public int Responses { get; private set; }

        public int Streams { get; private set; }

        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Responses++;
            return base.GetResponseAsync(messages, options, cancellationToken);
        }

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Streams++;
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }
    }
}
