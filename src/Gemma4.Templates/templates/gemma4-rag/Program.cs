// Answers from a folder of documents by Gemma 4, in this process: dotnet run [-- --documents FOLDER] [--model FOLDER]
// Settings are in appsettings.json; environment variables such as Gemma4__ModelPath and the command line go before it.
using Company.GemmaDocuments;
using Gemma4;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Ingestion;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory, // appsettings.json is beside the program, whatever the current directory
});
builder.Configuration.AddCommandLine(args, new Dictionary<string, string> { ["--model"] = "Gemma4:ModelPath", ["--documents"] = "Documents:Folder" });

IConfigurationSection model = builder.Configuration.GetSection("Gemma4");
bool isDemo = string.IsNullOrWhiteSpace(model["ModelPath"]) && string.IsNullOrWhiteSpace(model["Model"]);
ChatClientBuilder chat = builder.Services.AddGemma4(options =>
{
    model.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
    if (isDemo)
    {
        options.UseNano(); // a toy that shows how everything fits together and knows almost nothing
    }
});
#if (safety)
chat.UseSafety(); // guards questions and answers
#endif
chat.UseRetrieval(); // adds passages to the question, and checks the citations of the answer

// The demo model answers from one passage and is lost among several.
Gemma4RetrievalBuilder retrieval = builder.Services.AddGemma4Retrieval(options => options.Search.Top = isDemo ? 1 : 4);
#if (sqlite)
retrieval.AddSqliteStore(builder.Configuration["Documents:Index"] ?? "index.db");
#endif
if (builder.Configuration["Embeddings:ModelPath"] is { Length: > 0 } embeddingModel)
{
    builder.Services.AddGemma4EmbeddingGenerator(options => options.ModelPath = embeddingModel);
}
else
{
    retrieval.AddEmbeddings(new HashedNgramEmbeddingGenerator()); // no model: finds shared words and spellings, no paraphrases
}

builder.Services.AddSingleton<DocumentAnswers>();
string folder = builder.Configuration["Documents:Folder"] is { Length: > 0 } own ? own : Path.Combine(AppContext.BaseDirectory, "documents");

try
{
    using IHost host = builder.Build();
    Gemma4ChatClient client = host.Services.GetRequiredService<Gemma4ChatClient>();
    await client.WarmUpAsync(); // before the host starts, so that a wrong folder is told in one line
    await host.StartAsync();
    CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    try
    {
        IngestionProgress indexed = await host.Services.GetRequiredService<DocumentIndexer>().IndexAsync(DocumentFolder.ReadAsync(folder, cancellationToken: stopping), cancellationToken: stopping);
        Console.WriteLine($"{indexed.Documents} documents, {indexed.Chunks} passages, {indexed.Embedded} of them new. An empty line or Ctrl+C ends.");
        await AnswerAsync(host.Services.GetRequiredService<DocumentAnswers>(), stopping);
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
        Console.WriteLine();
    }

    await host.StopAsync();
    return 0;
}
// The last is a setting that does not exist, or is of another type.
catch (Exception failure) when (failure is Gemma4ModelException or OptionsValidationException or DirectoryNotFoundException
    or InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" })
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

static async Task AnswerAsync(DocumentAnswers answers, CancellationToken stopping)
{
    while (true)
    {
        Console.Write("> ");
        // The console's own reading cannot be cancelled.
        if (await Task.Run(Console.ReadLine).WaitAsync(stopping) is not { Length: > 0 } question)
        {
            return;
        }

        await answers.AskAsync(question, Console.Out, stopping);
    }
}
