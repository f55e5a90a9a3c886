using Gemma4.Sampling;
using Xunit;

namespace Gemma4.Tests.Sampling;

public class SamplingSettingsTests
{
    public static TheoryData<SamplingSettings, string> OutOfRange => new()
    {
        { new() { Temperature = -0.5f }, "Temperature is -0.5; it must be a number from 0 up." },
        { new() { Temperature = float.NaN }, "Temperature is NaN;" },
        { new() { Temperature = float.PositiveInfinity }, "Temperature is Infinity;" },
        { new() { TopK = -1 }, "TopK is -1; it must be 0 (off) or above." },
        { new() { TopP = 1.5f }, "TopP is 1.5; it must be between 0 and 1." },
        { new() { TopP = float.NaN }, "TopP is NaN;" },
        { new() { MinP = -0.1f }, "MinP is -0.1; it must be between 0 and 1." },
        { new() { RepetitionPenalty = 0 }, "RepetitionPenalty is 0; it must be a number above 0 (1 is off)." },
        { new() { FrequencyPenalty = 2.5f }, "FrequencyPenalty is 2.5; it must be between -2 and 2." },
        { new() { PresencePenalty = -3 }, "PresencePenalty is -3; it must be between -2 and 2." },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_named_with_its_range(SamplingSettings settings, string message)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(settings.Validate);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(settings, 10, [], null, 0));
    }

    [Fact]
    public void The_defaults_and_the_ends_of_the_ranges_are_valid()
    {
        SamplingSettings[] valid =
        [
            new(),
            new() { Temperature = 0, TopK = 0, TopP = 0, MinP = 0, FrequencyPenalty = -2, PresencePenalty = -2 },
            new() { TopP = 1, MinP = 1, TopK = int.MaxValue, FrequencyPenalty = 2, PresencePenalty = 2, Seed = long.MinValue },
        ];
        Assert.All(valid, settings => Assert.Null(Record.Exception(settings.Validate)));
        Assert.Equal((1f, 64, 0.95f), (valid[0].Temperature, valid[0].TopK, valid[0].TopP));
    }
}
