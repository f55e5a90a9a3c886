using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Values_out_of_range_are_refused_when_they_are_set()
    {
        Assert.Contains("MaxContextTokens is 0", Refusal<ArgumentException>(options => options.MaxContextTokens = 0));
        Assert.Contains("InitialContextTokens is 0", Refusal<ArgumentException>(options => options.InitialContextTokens = 0));
        Assert.Contains("Provider is empty", Refusal<ArgumentException>(options => options.Provider = " "));
        Assert.Contains("ProviderOptions is set and Provider is not", Refusal<ArgumentException>(options => options.ProviderOptions["device_id"] = "0"));
    }

    [Theory]
    [InlineData("dml")]
    [InlineData("DmlExecutionProvider")]
    [InlineData("DirectML")]
    public void DirectML_is_refused_with_the_reason(string provider) =>
        Assert.Contains("cannot append tokens to a running generator", Refusal<NotSupportedException>(options => options.Provider = provider));

    [Fact]
    public void Nothing_native_is_touched_before_the_model_loads()
    {
        var options = new Gemma4Options { ModelPath = "somewhere" }.UseOnnxRuntimeGenAI(o => o.LibraryPath = "/nowhere/libonnxruntime-genai.so");

        Assert.NotNull(options.EngineFactory);
    }

    private static string Refusal<TException>(Action<OnnxRuntimeGenAIOptions> configure)
        where TException : Exception =>
        Assert.Throws<TException>(() => new Gemma4Options().UseOnnxRuntimeGenAI(configure)).Message;
}
