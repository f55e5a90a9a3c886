using Gemma4.Prompting;
using Xunit;

namespace Gemma4.Tests.Prompting;

public sealed class PythonTexts
{
    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("-0", "0")]
    [InlineData("100.50", "100.5")]
    [InlineData("0.001", "0.001")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("0.00001", "1e-05")]
    [InlineData("1.25e-7", "1.25e-07")]
    [InlineData("1e15", "1000000000000000.0")]
    [InlineData("9007199254740993.0", "9007199254740992.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("123456789012345680.0", "1.2345678901234568e+17")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("1e400", "inf")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    public void Numbers_print_as_in_python(string json, string expected) =>
        Assert.Equal(expected, PythonText.Number(PromptText.Json(json)));

    [Theory]
    [InlineData("\u001c\u001d a \u001e\u001f", "a")]
    [InlineData("\u00a0\u2003\u3000\u0085b\r\n", "b")]
    [InlineData("\u200bc\ufeff", "\u200bc\ufeff")]
    [InlineData(" \t", "")]
    public void Trim_strips_what_python_strips(string text, string expected) =>
        Assert.Equal(expected, PythonText.Trim(text));

    [Fact]
    public void Keys_sort_by_lower_case_stably_and_the_last_duplicate_wins()
    {
        var entries = PythonText.SortedEntries(PromptText.Json("""{"b":1,"B":2,"a":3,"_":4,"b":5,"\uE000":6,"😀":7}"""));
        Assert.Equal(["_", "a", "b", "B", "\uE000", "😀"], entries.Select(entry => entry.Key));
        Assert.Equal(5, entries[2].Value.GetInt32());
    }
}
