using Gemma4.Testing;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>
/// The conformance suite on the bare client and on every wrapper that users put around it, over the scripted and the
/// demo model. What a wrapper of the kernel or the Agent Framework cannot do is listed with its reason and must fail,
/// so that the list stays true.
/// </summary>
public class ChatClientConformanceTests
{
    private static readonly Gemma4ChatClient SharedNano = new(new Gemma4Options().UseNano());

    private static readonly Dictionary<string, Func<IChatClient, IChatClient>> Wrappers = new()
    {
        ["bare"] = client => client,
        ["our service as a chat client"] = client => new Gemma4ChatCompletionService(client).AsChatClient(),
        ["the stock bridge and back"] = client => client.AsChatCompletionService().AsChatClient(),
        ["agent"] = client => new ChatClientAgent(client, name: "tester").AsIChatClient(),
    };

    private static readonly Dictionary<string, string> LostByAsChatClient = new()
    {
        [nameof(ChatClientConformance.An_answer_has_a_text_a_role_and_a_finish_reason)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.Every_update_names_its_response_and_model)] = "AsChatClient gives no response id",
        [nameof(ChatClientConformance.Usage_comes_once_and_adds_up)] = "AsChatClient gives no usage",
        [nameof(ChatClientConformance.A_token_limit_ends_with_finish_reason_length)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.A_declared_function_is_called_and_left_to_the_caller)] = "AsChatClient drops functions without code",
        [nameof(ChatClientConformance.A_streamed_call_is_the_same_call)] = "AsChatClient drops functions without code",
        [nameof(ChatClientConformance.A_result_in_the_history_leads_to_an_answer)] = "AsChatClient drops functions without code",
        [nameof(ChatClientConformance.Usage_adds_up_across_the_tool_loop)] = "AsChatClient gives no usage",
        [nameof(ChatClientConformance.Tool_mode_none_calls_nothing)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.Unusual_tool_schemas_are_accepted)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.Earlier_turns_and_empty_messages_are_accepted)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.Instructions_are_accepted_beside_a_system_message)] = "AsChatClient gives no finish reason",
        [nameof(ChatClientConformance.Parallel_requests_do_not_mix)] = "AsChatClient drops functions without code",
    };

    private static readonly Dictionary<string, string> LostByAgent = [];

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            TheoryData<string, string, string> cases = [];
            foreach (string wrapper in Wrappers.Keys)
            {
                foreach (string behaviour in ChatClientConformance.Behaviours)
                {
                    cases.Add("scripted", wrapper, behaviour);
                    cases.Add("nano", wrapper, behaviour);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_conforms_or_its_loss_is_known(string model, string wrapper, string behaviour)
    {
        Suite suite = new(() => Wrappers[wrapper](model == "nano" ? Nano() : ScriptedModel.Create()));
        Dictionary<string, string> lost = wrapper switch
        {
            "bare" => [],
            "agent" => LostByAgent,
            _ => LostByAsChatClient,
        };

        if (lost.ContainsKey(behaviour))
        {
            await Assert.ThrowsAsync<ConformanceException>(() => suite.RunAsync(behaviour));
        }
        else
        {
            await suite.RunAsync(behaviour);
        }
    }

    [Fact]
    public void Every_public_behaviour_is_in_the_list()
    {
        IEnumerable<string> methods = typeof(ChatClientConformance).GetMethods()
            .Where(method => method.DeclaringType == typeof(ChatClientConformance) && method.ReturnType == typeof(Task) && method.GetParameters().Length == 0)
            .Select(method => method.Name);

        Assert.Equal(methods.Order(), ChatClientConformance.Behaviours.Order());
    }

    [Theory]
    [InlineData(nameof(ChatClientConformance.An_answer_has_a_text_a_role_and_a_finish_reason))]
    [InlineData(nameof(ChatClientConformance.Images_and_documents_are_refused))]
    [InlineData(nameof(ChatClientConformance.Usage_comes_once_and_adds_up))]
    [InlineData(nameof(ChatClientConformance.A_result_in_the_history_leads_to_an_answer))]
    public async Task A_client_that_does_otherwise_is_caught(string behaviour)
    {
        Suite suite = new(() => new ScriptedChatClient().Enqueue("No.").Enqueue("No."));

        await Assert.ThrowsAsync<ConformanceException>(() => suite.RunAsync(behaviour));
    }

    // Loaded once for all cases; only the wrapper is disposed with each.
    private static CallerOwnedChatClient Nano() => new(SharedNano);

    private sealed class Suite(Func<IChatClient> create) : ChatClientConformance
    {
        protected override IChatClient CreateClient() => create();
    }
}
