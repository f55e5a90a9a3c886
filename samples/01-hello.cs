// One question, one answer, in this process. dotnet run samples/01-hello.cs [question]
#:project ../src/Gemma4.Nano/Gemma4.Nano.csproj
#:package Microsoft.ML.OnnxRuntime

using Gemma4;
using Microsoft.Extensions.AI;

// UseNano takes the built-in demo model; a real one is new Gemma4Options { ModelPath = "models/gemma-4-e2b" }.
using IChatClient client = new Gemma4ChatClient(new Gemma4Options().UseNano());

string question = args.Length > 0 ? string.Join(' ', args) : "What is the capital of France?";
ChatResponse response = await client.GetResponseAsync(question);

Console.WriteLine(response.Text);
Console.WriteLine($"({response.Usage?.InputTokenCount} tokens in, {response.Usage?.OutputTokenCount} out)");
