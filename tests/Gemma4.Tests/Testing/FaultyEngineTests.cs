using Gemma4.Generation;
using Gemma4.Testing;
using Xunit;

namespace Gemma4.Tests.Testing;

public class FaultyEngineTests
{
    [Theory]
    [InlineData("length is off by one", "Length_counts_the_tokens")]
    [InlineData("a logit is missing", "There_is_one_logit_per_token")]
    [InlineData("logits always readable", "Logits_cannot_be_read_before_an_append")]
    [InlineData("logits always readable", "Logits_cannot_be_read_after_a_rewind")]
    [InlineData("empty append accepted", "An_empty_append_is_refused")]
    [InlineData("foreign tokens accepted", "A_token_outside_the_vocabulary_is_refused")]
    [InlineData("sessions differ by a bit", "The_same_chunks_give_the_same_bits")]
    [InlineData("sessions differ by a bit", "A_rewound_session_equals_a_new_one")]
    [InlineData("rewind clamps", "A_rewind_out_of_range_is_refused")]
    [InlineData("cancellation ignored", "A_cancelled_append_leaves_the_session_as_it_was")]
    [InlineData("session stays open", "A_disposed_session_is_closed")]
    [InlineData("engine stays open", "A_disposed_engine_opens_no_session")]
    public void A_fault_is_noticed(string fault, string behaviour) =>
        Assert.Throws<ConformanceException>(() => new Suite(fault).Run(behaviour));

    [Fact]
    public void Small_differences_between_chunkings_are_tolerated() =>
        Assert.Null(Record.Exception(() => new Suite("sessions differ by a bit").Run("Other_chunks_give_nearly_the_same")));

    private sealed class Suite(string fault) : GenerationEngineConformance
    {
        protected override IGenerationEngine CreateEngine() => new FaultyEngine(fault);
    }
}
