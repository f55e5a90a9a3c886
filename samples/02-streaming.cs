// A conversation whose answers appear while the model writes them. dotnet run samples/02-streaming.cs [question...]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime

using Gemma4;
using Microsoft.Extensions.AI;

using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano());

string[] questions = args.Length > 0 ? args : ["Hello", "Who are you?", "What is the capital of Italy?"];
List<ChatMessage> history = [];
foreach (string question in questions)
{
    Console.WriteLine($"> {question}");
    history.Add(new ChatMessage(ChatRole.User, question));

    List<ChatResponseUpdate> updates = [];
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(history))
    {
        Console.Write(update.Text);
        updates.Add(update);
    }

    Console.WriteLine();
    history.AddMessages(updates); // The client keeps no state: the history is the caller's.
}
