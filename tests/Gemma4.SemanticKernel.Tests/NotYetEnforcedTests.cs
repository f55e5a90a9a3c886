using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>
/// What the connector passes on and the client itself still refuses. When the client learns one of these, its row here
/// fails: move the row to a test of what happens instead.
/// </summary>
public class NotYetEnforcedTests
{
    [Theory]
    [InlineData("Required", "ToolMode Required")]
    [InlineData("response_format", "ResponseFormat")]
    [InlineData("AllowStrictSchemaAdherence", "AllowStrictSchemaAdherence")]
    public async Task A_setting_that_is_not_enforced_yet_is_refused_by_name(string setting, string named)
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");
        Gemma4PromptExecutionSettings settings = setting switch
        {
            "Required" => new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Required() },
            "response_format" => new() { ResponseFormat = ChatResponseFormat.Json },
            _ => new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(options: new() { AllowStrictSchemaAdherence = true }) },
        };

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => SmallKernel.Over(client).AskAsync(streaming: false, settings));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
