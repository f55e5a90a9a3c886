using Microsoft.Extensions.Logging;

namespace Gemma4.Tests.Generation;

/// <summary>The real client over a <see cref="HashEngine"/>.</summary>
internal static class HashClient
{
    public static Gemma4ChatClient Create(Func<int, HashEngine> engine, out Func<HashEngine> loaded, Action<Gemma4Options>? configure = null, TimeProvider? timeProvider = null, ILoggerFactory? loggers = null)
    {
        HashEngine? made = null;
        Gemma4Options options = new() { EngineFactory = folder => made = engine(folder.VocabularySize) };
        options.UseNano();
        configure?.Invoke(options);
        loaded = () => made!;
        return new Gemma4ChatClient(options, loggers, timeProvider);
    }
}
