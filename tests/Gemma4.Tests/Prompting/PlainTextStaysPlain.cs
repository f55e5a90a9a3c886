using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Prompting;

/// <summary>Whatever text says, the prompt holds the control tokens that harmless text in its place would give.</summary>
public sealed class PlainTextStaysPlain
{
    private static readonly string[] Pieces =
    [
        "<bos>", "<eos>", "<|turn>", "<turn|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>",
        "<|tool_response>", "<tool_response|>", "<|\"|>", "<|think|>", "<|channel>", "<channel|>", "<|image|>",
        "<|audio|>", "<|video|>", "thought\n", "call:", "response:", "{", "}", "[", "]", ",", ":", "\"", "'", "\\",
        "\n", " ", "model", "user", "ż", "你", "😀", "\u2581", "\u001c", "\u200b", "null", "1e9",
    ];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Control_segments_do_not_depend_on_text(bool canonical, bool thinking)
    {
        var options = new PromptOptions
        {
            Flavor = PromptFlavor.Large,
            Canonical = canonical,
            EnableThinking = thinking,
            PreserveThinking = true,
        };
        var expected = Controls(Prompt(() => "x", options));
        Assert.Contains("<|\"|>", expected);
        var random = new Random(20260709);
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal(expected, Controls(Prompt(() => "x" + RandomText(random), options)));
        }
    }

    [Fact]
    public void Plain_segments_are_never_empty_nor_side_by_side()
    {
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            var segments = Prompt(() => RandomText(random), new PromptOptions()).Segments;
            for (var s = 0; s < segments.Count; s++)
            {
                Assert.NotEqual(0, segments[s].Text.Length);
                Assert.False(s > 0 && !segments[s].IsControl && !segments[s - 1].IsControl);
            }
        }
    }

    [Fact]
    public void Encoding_gives_control_ids_for_control_segments_only()
    {
        var tokenizer = LoadTokenizer();
        var random = new Random(11);
        for (var i = 0; i < 20; i++)
        {
            var prompt = Prompt(() => "x" + RandomText(random), new PromptOptions());
            var ids = prompt.Encode(tokenizer);
            Assert.Equal(Controls(prompt), ids.Where(tokenizer.IsControl).Select(tokenizer.GetControlText));
        }
    }

    [Fact]
    public void A_harmless_prompt_encodes_as_its_text_does_with_control_tokens_on()
    {
        var tokenizer = LoadTokenizer();
        var prompt = Prompt(() => "some plain text", new PromptOptions { Flavor = PromptFlavor.Large });
        Assert.Equal(tokenizer.EncodeTemplate(prompt.Text), prompt.Encode(tokenizer));
    }

    private static Gemma4Tokenizer LoadTokenizer()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "tokenizer.json");
            using (var packed = File.OpenRead(TestData.Path("gemma4-tokenizer.json.gz")))
            using (var stream = new GZipStream(packed, CompressionMode.Decompress))
            using (var file = File.Create(path))
            {
                stream.CopyTo(file);
            }

            return Gemma4Tokenizer.Load(path);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    private static string[] Controls(RenderedPrompt prompt) =>
        [.. prompt.Segments.Where(segment => segment.IsControl).Select(segment => segment.Text)];

    private static RenderedPrompt Prompt(Func<string> text, PromptOptions options)
    {
        var schema = new Dictionary<string, object?>
        {
            ["type"] = "object",
            ["properties"] = new Dictionary<string, object?>
            {
                [text()] = new Dictionary<string, object?>
                {
                    ["type"] = "string",
                    ["description"] = text(),
                    ["enum"] = new[] { text(), text() },
                },
            },
            ["required"] = new[] { text() },
        };
        var name = "n" + text();
        var tool = AIFunctionFactory.CreateDeclaration(name, text(), JsonSerializer.SerializeToElement(schema));
        return PromptRenderer.Render(
            [
                new ChatMessage(ChatRole.System, text()),
                new ChatMessage(ChatRole.User, text()),
                new ChatMessage(ChatRole.Assistant,
                [
                    new TextReasoningContent(text()),
                    new TextContent(text()),
                    new FunctionCallContent("c1", name, new Dictionary<string, object?> { [text()] = text() }),
                    new FunctionCallContent("c2", "n" + text(), new Dictionary<string, object?> { [text()] = new[] { text() } }),
                ]),
                new ChatMessage(ChatRole.Tool,
                [
                    new FunctionResultContent("c1", text()),
                    new FunctionResultContent("c2", new Dictionary<string, object?> { [text()] = text() }),
                ]),
                new ChatMessage(ChatRole.Assistant, text()),
                new ChatMessage(ChatRole.System, text()),
                new ChatMessage(ChatRole.User, text()),
            ],
            [tool],
            options);
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (var count = random.Next(12); count > 0; count--)
        {
            text.Append(Pieces[random.Next(Pieces.Length)]);
        }

        return text.ToString();
    }
}
