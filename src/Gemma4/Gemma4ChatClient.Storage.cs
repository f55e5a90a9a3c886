using Gemma4.Generation;
using Gemma4.Models;
using Microsoft.Extensions.AI;

namespace Gemma4;

public sealed partial class Gemma4ChatClient
{
    /// <summary>
    /// Reads what requests are going to begin with, as <c>WarmUpAsync</c> does, and writes it with its attention cache
    /// to a file, from which <see cref="LoadPrefixAsync"/> takes it without running the model. Other requests wait while
    /// the file is written. Whoever can read the file can learn the text: protect it like the text.
    /// </summary>
    /// <param name="messages">The first messages of the requests; empty if instructions and tools are all.</param>
    /// <param name="options">Instructions, tools and reasoning as the requests will have them.</param>
    /// <param name="file">Where to write. An existing file is replaced once the new one is whole.</param>
    /// <param name="cancellationToken">Ends the work between two pieces of the prompt.</param>
    /// <exception cref="InvalidOperationException"><see cref="Gemma4Options.PrefixCache"/> is off.</exception>
    /// <exception cref="NotSupportedException">The engine cannot save sessions, or the options name an adapter.</exception>
    /// <exception cref="Gemma4ContextOverflowException">The messages do not fit into the context.</exception>
    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task SavePrefixAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, string file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        RequirePrefixCache();
        RequestSettings settings = RequestSettings.From(options, _options, this, _metadata.DefaultModelId!, _constraints);
        if (settings.AdapterFile is { } adapter)
        {
            throw new NotSupportedException($"ChatOptions.AdditionalProperties[\"adapter\"] asks for '{adapter}', and what was read with an adapter cannot be saved. Leave it unset.");
        }

        List<ChatMessage> history = WithInstructions([.. messages], settings.Instructions);
        string path = Path.GetFullPath(file);
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        LoadedModel model = lease.Model;
        IStorableEngine engine = Storable(model);
        using GenerationRequest request = new(Prefix(history, settings, model), cancellationToken)
        {
            Priority = settings.Priority,
            WhenRead = (_, session) =>
            {
                Write(engine, session.Session, path);
                return null;
            },
        };
        await RunAsync(model, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Puts what <see cref="SavePrefixAsync"/> wrote into the prefix cache, where requests that begin so find it. Loads
    /// the model if needed. Other requests wait while the file is read.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Ends the work before the file is read.</param>
    /// <returns>The number of tokens that need not be read any more.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Gemma4Options.PrefixCache"/> is off or may keep less.</exception>
    /// <exception cref="NotSupportedException">The engine cannot restore sessions.</exception>
    /// <exception cref="Gemma4ModelException">The file is damaged, cut off, of another version, or made with another model.</exception>
    /// <exception cref="Gemma4ContextOverflowException">It holds more tokens than the context has room for.</exception>
    /// <exception cref="Gemma4CacheFullException">The attention caches have no room for it.</exception>
    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<int> LoadPrefixAsync(string file, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        RequirePrefixCache();
        string path = Path.GetFullPath(file);
        using ModelLease lease = await _host.AcquireAsync(cancellationToken).ConfigureAwait(false);
        IStorableEngine engine = Storable(lease.Model);
        int tokens = 0;
        using GenerationRequest request = new([], cancellationToken)
        {
            Errand = cache => tokens = cache.Adopt(() =>
            {
                using FileStream stream = File.OpenRead(path);
                return engine.Restore(stream);
            }),
        };
        await RunAsync(lease.Model, request, cancellationToken).ConfigureAwait(false);
        return tokens;
    }

    private static void Write(IStorableEngine engine, IGenerationSession session, string path)
    {
        string partial = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (FileStream stream = new(partial, FileMode.CreateNew, FileAccess.Write))
            {
                engine.Save(session, stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static IStorableEngine Storable(LoadedModel model) => model.Engine as IStorableEngine
        ?? throw new NotSupportedException($"{model.Engine} cannot save and restore sessions. Take the engine that runs by default, or read the prefix with WarmUpAsync.");

    private void RequirePrefixCache()
    {
        if (!_options.PrefixCache.Enabled)
        {
            throw new InvalidOperationException("Gemma4Options.PrefixCache.Enabled is false: there is nowhere to keep a prefix. Set it to true.");
        }
    }
}
