using Gemma4.Generation;

namespace Gemma4.OnnxRuntime;

public sealed partial class OnnxGenerationEngine : IStorableEngine
{
    private byte[]? _fingerprint;

    // Two threads may compute it at once: they find the same.
    private byte[] Fingerprint => _fingerprint ??= ModelFingerprint.Compute(
        _embedding is null ? [_graph.ModelPath] : [_graph.ModelPath, _embedding.ModelPath]);

    /// <inheritdoc/>
    public void Save(IGenerationSession session, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(stream);
        if (session is not OnnxGenerationSession own || own.Engine != this)
        {
            throw new ArgumentException("The session is not one of this engine. Save it with the engine that opened it.", nameof(session));
        }

        if (own.Adapter is { } adapter)
        {
            throw new NotSupportedException($"The session runs with the adapter '{adapter.Path}', and sessions with adapters cannot be saved. Save one without.");
        }

        using var writer = new SavedSessionWriter(stream);
        own.Save(writer, Fingerprint);
    }

    /// <inheritdoc/>
    public IStorableSession Restore(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new SavedSessionReader(stream);
        SavedSession saved = SavedSession.Read(reader, _graph, Fingerprint);
        if (saved.Length > MaxContextTokens)
        {
            throw new Gemma4ContextOverflowException(saved.Length, MaxContextTokens);
        }

        reader.CheckLeft(saved.BytesAfter(_graph));
        OnnxGenerationSession session = OpenFork(adapter: null);
        try
        {
            session.Restore(saved, reader);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
