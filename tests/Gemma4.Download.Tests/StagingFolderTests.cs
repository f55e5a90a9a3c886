using Gemma4.Models.Download;
using Xunit;

namespace Gemma4.Download.Tests;

public sealed class StagingFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gemma4-staging-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_there_of_a_file_stays_known_while_others_begin()
    {
        // The table of beginnings grows several times in each round; once in few rounds a reader without the lock meets that.
        const int Rounds = 10, Others = 200;
        HubFile[] files = [.. Enumerable.Range(0, Others + 1).Select(number => new HubFile($"file{number}", 100, new string('a', 64)))];
        for (int round = 0; round < Rounds; round++)
        {
            var staging = StagingFolder.Open(
                Path.Combine(_folder.FullName, $"{round}"), new ModelManifest(HubServer.Repository, "main", new string('b', 40), "genai", "", files));
            staging.Begin(files[0], "\"tag\"");
            using ManualResetEventSlim asking = new();
            using CancellationTokenSource stop = new();
            Task<long> lost = Task.Factory.StartNew(
                () =>
                {
                    long missed = 0;
                    while (!stop.IsCancellationRequested)
                    {
                        missed += staging.ETag(files[0]) is null ? 1 : 0;
                        asking.Set();
                    }

                    return missed;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            asking.Wait();
            foreach (HubFile file in files[1..])
            {
                staging.Begin(file, null);
            }

            await stop.CancelAsync();

            Assert.Equal(0, await lost);
            Assert.All(files, file => Assert.True(staging.IsPartOf(file), file.Path));
        }
    }
}
