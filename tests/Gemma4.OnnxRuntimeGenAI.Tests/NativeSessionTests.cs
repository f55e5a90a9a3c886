using Gemma4.Generation;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>What the engine makes of a library that fails, is slow, or behaves as the real one does.</summary>
public sealed class NativeSessionTests(ModelCopy model) : IClassFixture<ModelCopy>
{
    private static readonly int[] Prompt = [2, 105, 20, 21, 22, 23];

    [ToyFact]
    public void A_session_that_outgrows_its_cache_runs_its_tokens_again_in_a_larger_one()
    {
        using var engine = model.LoadToy(options => options.InitialContextTokens = 4);
        ToyControls toy = new(ToyLibrary.Path);
        using var session = engine.CreateSession();
        using var other = engine.CreateSession();
        var before = toy.GeneratorsMade;

        session.Append(Prompt.AsSpan(0, 4));
        Assert.Equal(1, toy.GeneratorsMade - before);
        session.Append(Prompt.AsSpan(4, 2));
        Assert.Equal(2, toy.GeneratorsMade - before);
        other.Append(Prompt);

        Assert.Equal(other.Logits, session.Logits);
        Assert.Equal(2, toy.Alive("generator"));
    }

    [ToyTheory]
    [InlineData("true", 1)]
    [InlineData("false", 2)]
    public void A_rewind_is_left_to_the_library_only_where_past_and_present_share_a_buffer(string shares, int generators)
    {
        using var engine = model.LoadToy(options => options.ConfigOverlay = $$"""{"search": {"past_present_share_buffer": {{shares}} } }""");
        ToyControls toy = new(ToyLibrary.Path);
        var before = toy.GeneratorsMade;
        using var session = engine.CreateSession();

        session.Append(Prompt);
        session.RewindTo(3);
        session.Append([30]);

        Assert.Equal(generators, toy.GeneratorsMade - before);
    }

    [ToyTheory]
    [InlineData("OgaGenerator_AppendTokens", 0)]
    [InlineData("OgaGenerator_GetLogits", 0)]
    [InlineData("OgaTensorGetType", 0)]
    [InlineData("OgaTensorGetShapeRank", 0)]
    [InlineData("OgaTensorGetShape", 0)]
    [InlineData("OgaTensorGetData", 0)]
    [InlineData("OgaCreateGeneratorParams", 0)]
    [InlineData("OgaGeneratorParamsSetSearchNumber", 1)]
    [InlineData("OgaGeneratorParamsSetSearchBool", 0)]
    [InlineData("OgaCreateGenerator", 0)]
    public void A_native_error_in_a_step_carries_its_text_and_leaves_the_session_as_it_was(string function, int after)
    {
        using var engine = model.LoadToy(options => options.InitialContextTokens = Prompt.Length);
        ToyControls toy = new(ToyLibrary.Path);
        using var undisturbed = engine.CreateSession();
        undisturbed.Append(Prompt);
        undisturbed.Append([40]);
        using var session = engine.CreateSession();
        session.Append(Prompt);
        var logits = session.Logits.ToArray();

        // The next token does not fit into the first cache, so the step also makes a generator.
        toy.Fail(function, after, "größer 模型 went wrong");
        var error = Assert.Throws<Gemma4ModelException>(() => session.Append([40]));

        Assert.Contains("größer 模型 went wrong.", error.Message, StringComparison.Ordinal);
        Assert.Equal(Prompt.Length, session.Length);
        Assert.Equal(logits, session.Logits.ToArray());
        Assert.Equal(0, toy.Alive("result") + toy.Alive("tensor") + toy.Alive("params"));
        session.Append([40]);
        Assert.Equal(undisturbed.Logits.ToArray(), session.Logits.ToArray());
        Assert.Equal(0, toy.Violations);
    }

    [ToyTheory]
    [InlineData("OgaCreateConfig")]
    [InlineData("OgaConfigOverlay")]
    [InlineData("OgaConfigClearProviders")]
    [InlineData("OgaCreateModelFromConfig")]
    [InlineData("OgaModelGetType")]
    [InlineData("OgaCreateGeneratorParams")]
    [InlineData("OgaGeneratorParamsGetSearchBool")]
    public void A_native_error_while_loading_carries_its_text_and_leaves_nothing_behind(string function)
    {
        var error = Assert.Throws<Gemma4ModelException>(() => model.LoadToy(
            options => options.Provider = "cpu",
            toy => toy.Fail(function, 0, "this call went wrong")));

        Assert.Contains("this call went wrong.", error.Message, StringComparison.Ordinal);
        AssertNothingLives();
    }

    [ToyFact]
    public void A_step_is_cancelled_while_it_runs_and_the_session_goes_on()
    {
        using var engine = model.LoadToy();
        ToyControls toy = new(ToyLibrary.Path);
        using var session = engine.CreateSession();
        session.Append(Prompt);
        var logits = session.Logits.ToArray();
        using CancellationTokenSource source = new();
        toy.Set("slow_ms", 300_000);
        var steps = toy.SlowSteps;
        Thread canceller = new(() =>
        {
            SpinWait.SpinUntil(() => toy.SlowSteps > steps);
            source.Cancel();
        });

        canceller.Start();
        Assert.ThrowsAny<OperationCanceledException>(() => session.Append([41, 42], source.Token));
        canceller.Join();
        toy.Set("slow_ms", 0);

        Assert.Equal(Prompt.Length, session.Length);
        Assert.Equal(logits, session.Logits.ToArray());
        session.Append([43]);
        Assert.Equal(Logits(engine, [.. Prompt, 43]), session.Logits.ToArray());
    }

    [ToyFact]
    public void A_request_that_waits_for_another_is_cancelled_while_it_waits()
    {
        using var engine = model.LoadToy();
        ToyControls toy = new(ToyLibrary.Path);
        using var slow = engine.CreateSession();
        using var waiting = engine.CreateSession();
        using CancellationTokenSource slowSource = new();
        using CancellationTokenSource waitingSource = new();
        toy.Set("slow_ms", 300_000);
        var steps = toy.SlowSteps;
        Thread step = new(() => Record.Exception(() => slow.Append(Prompt, slowSource.Token)));
        step.Start();
        SpinWait.SpinUntil(() => toy.SlowSteps > steps);

        var wait = Task.Run<Exception?>(() => Record.Exception(() => waiting.Append(Prompt, waitingSource.Token)));
        waitingSource.Cancel();
        var failure = wait.GetAwaiter().GetResult();
        var slowStillRuns = step.IsAlive;
        slowSource.Cancel();
        step.Join();
        toy.Set("slow_ms", 0);

        Assert.IsType<OperationCanceledException>(failure, exactMatch: false);
        Assert.True(slowStillRuns);
        Assert.Equal(0, toy.Violations);
    }

    [ToyFact]
    public void Logits_of_another_width_or_type_are_refused()
    {
        using (var wide = model.LoadToy(prepare: toy => toy.Set("width", 8)))
        {
            var error = Assert.Throws<Gemma4ModelException>(() => Logits(wide, Prompt));
            Assert.Contains("1 rows of 4104, and the model has 4096 tokens", error.Message, StringComparison.Ordinal);
        }

        using var integers = model.LoadToy(prepare: toy => toy.Set("dtype", 7));
        Assert.Contains("element type 7", Assert.Throws<Gemma4ModelException>(() => Logits(integers, Prompt)).Message, StringComparison.Ordinal);
    }

    [ToyFact]
    public void A_library_that_pads_the_tokens_is_refused()
    {
        using var engine = model.LoadToy(prepare: toy => toy.Set("pad", 2));

        var error = Assert.Throws<Gemma4ModelException>(() => Logits(engine, Prompt));

        Assert.Contains("holds 8 tokens where 6 were given", error.Message, StringComparison.Ordinal);
    }

    [ToyFact]
    public void Native_messages_reach_the_logger_from_any_thread()
    {
        RecordingLogger logger = new();
        using var engine = model.LoadToy(options => options.Logger = logger, toy => toy.Set("log", 1));

        Logits(engine, Prompt);

        // The library gives text and length; what follows the length is not its.
        Assert.Contains("Debug: onnxruntime-genai: größer als", logger.Lines);
    }

    [ToyFact]
    public void Telemetry_is_off_unless_asked_for()
    {
        using var engine = model.LoadToy();

        Assert.False(new ToyControls(ToyLibrary.Path).Telemetry);
        Assert.Equal("1", Environment.GetEnvironmentVariable("ORT_DISABLE_TELEMETRY"));
    }

    [ToyFact]
    public void A_provider_that_the_library_lacks_is_an_error_unless_the_processor_may_stand_in()
    {
        var error = Assert.Throws<Gemma4ModelException>(() => model.LoadToy(options => options.Provider = "webgpu"));
        Assert.Contains("webgpu execution provider is not enabled in this build", error.Message, StringComparison.Ordinal);

        RecordingLogger logger = new();
        using var engine = model.LoadToy(options =>
        {
            options.Provider = "webgpu";
            options.FallBackToCpu = true;
            options.Logger = logger;
        });

        Assert.Equal("cpu", engine.Provider);
        Assert.Contains(logger.Lines, line => line.StartsWith("Warning: Provider webgpu cannot be used", StringComparison.Ordinal));
    }

    [ToyFact]
    public void Cuda_without_its_libraries_is_a_sentence_before_the_library_is_asked()
    {
        var error = Assert.Throws<Gemma4ModelException>(() => model.LoadToy(options => options.Provider = "CUDAExecutionProvider"));

        Assert.StartsWith("CUDA cannot be used: ", error.Message, StringComparison.Ordinal);
        AssertNothingLives();
    }

    [ToyFact]
    public void A_name_that_the_configuration_does_not_know_is_reported()
    {
        var error = Assert.Throws<Gemma4ModelException>(() => model.LoadToy(options => options.ConfigOverlay = """{"unknown_key":1}"""));

        Assert.Contains("could not be laid over genai_config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("a name that this version of the library does not know", error.Message, StringComparison.Ordinal);
    }

    [ToyFact]
    public void An_adapter_changes_the_logits_of_its_own_session_only()
    {
        using var engine = model.LoadToy(options => options.InitialContextTokens = 4);
        var file = Path.Combine(model.Path, "größer.onnx_adapter");
        File.WriteAllText(file, "the stand-in only opens it");
        var plainLogits = Logits(engine, Prompt);

        using var plain = engine.CreateSession();
        using var adapted = engine.CreateSession(file);
        using var again = engine.CreateSession(file);
        foreach (var token in Prompt)
        {
            plain.Append([token]);
            adapted.Append([token]);
        }

        again.Append(Prompt);

        Assert.Equal(plainLogits, plain.Logits.ToArray());
        Assert.NotEqual(plainLogits, adapted.Logits.ToArray());
        Assert.Equal(adapted.Logits.ToArray(), again.Logits.ToArray());
        Assert.Equal(1, new ToyControls(ToyLibrary.Path).Alive("adapters"));
    }

    [ToyFact]
    public void An_adapter_that_cannot_be_used_is_an_error_that_names_it()
    {
        using var engine = model.LoadToy();
        ToyControls toy = new(ToyLibrary.Path);
        var file = Path.Combine(model.Path, "one.onnx_adapter");
        File.WriteAllText(file, "the stand-in only opens it");

        Assert.Contains("nowhere.onnx_adapter' does not exist", Assert.Throws<Gemma4ModelException>(() => engine.CreateSession("nowhere.onnx_adapter")).Message, StringComparison.Ordinal);
        toy.Fail("OgaLoadAdapter", 0, "not an adapter");
        Assert.Contains("one.onnx_adapter' could not be loaded: not an adapter.", Assert.Throws<Gemma4ModelException>(() => engine.CreateSession(file)).Message, StringComparison.Ordinal);
        using var session = engine.CreateSession(file);
        toy.Fail("OgaSetActiveAdapter", 0, "no such adapter");
        Assert.Contains("could not be activated: no such adapter.", Assert.Throws<Gemma4ModelException>(() => session.Append(Prompt)).Message, StringComparison.Ordinal);
        Assert.Equal(0, toy.Alive("generator"));
    }

    [ToyFact]
    public void A_second_copy_of_the_library_is_refused()
    {
        using var engine = model.LoadToy();

        var error = Assert.Throws<Gemma4ModelException>(() => model.LoadToy(options => options.LibraryPath = ToyLibrary.OldPath));

        Assert.Contains("a process holds one copy", error.Message, StringComparison.Ordinal);
    }

    [ToyFact]
    public void Two_models_live_side_by_side_and_each_can_be_loaded_again()
    {
        var first = model.LoadToy();
        var expected = Logits(first, Prompt);
        using var second = model.LoadToy(options => options.MaxContextTokens = 64);

        first.Dispose();
        Assert.Equal(expected, Logits(second, Prompt));
        using var third = model.LoadToy();

        Assert.Equal(expected, Logits(third, Prompt));
        Assert.Equal(64, second.MaxContextTokens);
        Assert.Equal(2, new ToyControls(ToyLibrary.Path).Alive("model"));
    }

    [ToyFact]
    public void Disposing_the_engine_closes_open_sessions_first()
    {
        var engine = model.LoadToy();
        var session = engine.CreateSession();
        session.Append(Prompt);

        engine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Append([40]));
        AssertNothingLives();
    }

    private static float[] Logits(IGenerationEngine engine, int[] tokens)
    {
        using var session = engine.CreateSession();
        session.Append(tokens);
        return session.Logits.ToArray();
    }

    private static void AssertNothingLives()
    {
        ToyControls toy = new(ToyLibrary.Path);
        Assert.All(
            ["config", "model", "params", "generator", "tensor", "adapters", "result", "string"],
            kind => Assert.Equal(0, toy.Alive(kind)));
        Assert.Equal(0, toy.Violations);
    }
}
