using System.Text.Json;
using Gemma4.Prompting;
using Xunit;

namespace Gemma4.Tests.Prompting;

public sealed class ChatTemplateGoldens
{
    private static readonly JsonElement Cases = Load();

    public static TheoryData<string, PromptFlavor> Ids()
    {
        var data = new TheoryData<string, PromptFlavor>();
        foreach (var item in Cases.EnumerateArray())
        {
            var template = item.GetProperty("template").GetString();
            if (template is "small" or "any")
            {
                data.Add(item.GetProperty("id").GetString()!, PromptFlavor.Small);
            }

            if (template is "large" or "any")
            {
                data.Add(item.GetProperty("id").GetString()!, PromptFlavor.Large);
            }
        }

        return data;
    }

    [Fact]
    public void All_hundred_and_forty_five_cases_are_read() => Assert.Equal(145, Cases.GetArrayLength());

    [Theory]
    [MemberData(nameof(Ids))]
    public void Canonical_mode_equals_the_published_template(string id, PromptFlavor flavor)
    {
        var item = Cases.EnumerateArray().Single(candidate => candidate.GetProperty("id").GetString() == id);
        var given = item.GetProperty("options");
        bool Option(string name) => given.TryGetProperty(name, out var value) && value.GetBoolean();
        var options = new PromptOptions
        {
            Flavor = flavor,
            Canonical = true,
            AddGenerationPrompt = Option("add_generation_prompt"),
            EnableThinking = Option("enable_thinking"),
            PreserveThinking = Option("preserve_thinking"),
        };
        RenderedPrompt Render() =>
            PromptRenderer.RenderJson(item.GetProperty("messages"), item.GetProperty("tools"), options);

        if (item.TryGetProperty("expectedError", out _))
        {
            Assert.Throws<ArgumentException>(Render);
            return;
        }

        Assert.Equal(item.GetProperty("expected").GetString(), Render().Text);
    }

    private static JsonElement Load()
    {
        using var file = File.OpenRead(TestData.Path("goldens", "chat-template.json"));
        using var document = JsonDocument.Parse(file);
        return document.RootElement.GetProperty("cases").Clone();
    }
}
