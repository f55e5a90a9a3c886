// An OpenAI-compatible server and a chat page over Gemma 4 in process.
// dotnet run --project samples/11-web -- [--model DIR] [--model-id NAME] [--urls http://127.0.0.1:5080] [--api-key KEY]
using Gemma4;
using Gemma4.Web;

if (args is ["--help" or "-h", ..])
{
    Console.WriteLine(ChatServer.Usage);
    return 0;
}

try
{
    await using WebApplication app = ChatServer.Create(args);
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (failure is ServerOptionsException or Gemma4ModelException or IOException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
