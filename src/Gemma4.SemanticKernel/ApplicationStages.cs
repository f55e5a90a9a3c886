using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Marks in a pipeline where the application's stages begin: what is inside is shared by the chat client and the chat
/// completion service, each of which has the kernel's function invocation outside of it.
/// </summary>
internal sealed class ApplicationStages : DelegatingChatClient
{
    public ApplicationStages(IChatClient innerClient)
        : base(Check(innerClient))
    {
    }

    public static IChatClient Check(IChatClient client) => client.GetService<FunctionInvokingChatClient>() is null
        ? client
        : throw new InvalidOperationException(
            "The pipeline holds a FunctionInvokingChatClient (UseFunctionInvocation or UseKernelFunctionInvocation). Inside a "
            + "kernel it would run functions when autoInvoke is false and skip the kernel's filters. Remove that stage: the "
            + "kernel's own function invocation is added around the pipeline.");
}
