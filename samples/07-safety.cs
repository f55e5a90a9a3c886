#:project ../src/Gemma4.Safety/Gemma4.Safety.csproj
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Gemma4;
using Microsoft.Extensions.AI;
using Gemma4ChatClient gemma = new(new Gemma4Options().UseNano());
using IChatClient client = gemma.AsBuilder().UseSafety().UseFunctionInvocation().Use(inner => new Peek(inner)).Build();
AITool[] tools = [AIFunctionFactory.Create(SendEmail, "send_email")];
JsonElement schema = JsonElement.Parse("""{"type":"object","properties":{"email":{"type":"string","enum":["<EMAIL_1>","<EMAIL_2>"]}},"required":["email"],"additionalProperties":false}""");
foreach (var q in new[] { "Send an email to anna@example.com with the subject hello.", "Send an email to anna@example.com about the meeting.", "My name is Anna and my email is anna@example.com." })
foreach (var opt in new[] { new ChatOptions { Tools = tools, Temperature = 0, MaxOutputTokens = 200 }, new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema), Temperature = 0, MaxOutputTokens = 200 } })
{
    Console.WriteLine("Q: " + q);
    await foreach (var u in client.GetStreamingResponseAsync(q, opt))
        foreach (var c in u.Contents) Console.Write(c switch { TextContent t => t.Text, FunctionCallContent f => $"[call {f.Name}({string.Join(", ", f.Arguments!.Select(a => a.Key + "=" + a.Value))})]", FunctionResultContent r => $"[result {r.Result}]", _ => "" });
    Console.WriteLine();
}
[Description("Sends an email.")] static string SendEmail([Description("The email address")][AllowedValues("<EMAIL_1>", "<EMAIL_2>")] string to) => "The email was sent.";
sealed class Peek(IChatClient inner) : DelegatingChatClient(inner)
{
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = messages.ToList();
        Console.WriteLine("   saw: " + string.Join(" | ", list[^1].Contents.Select(c => c is FunctionResultContent r ? r.Result?.ToString() : c.ToString())));
        return base.GetStreamingResponseAsync(list, options, cancellationToken);
    }
}
