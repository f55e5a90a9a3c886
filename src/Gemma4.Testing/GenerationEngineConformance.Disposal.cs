namespace Gemma4.Testing;

public abstract partial class GenerationEngineConformance
{
    /// <summary>A disposed session refuses every use; disposing it again is harmless.</summary>
    public void A_disposed_session_is_closed()
    {
        using var engine = CreateEngine();
        var session = engine.CreateSession();
        var tokens = SampleTokens(4, seed: 15);
        session.Append(tokens);
        session.Dispose();
        session.Dispose();
        Expect.Throws<ObjectDisposedException>(() => session.Append(tokens), "Appending to a disposed session");
        Expect.Throws<ObjectDisposedException>(() => session.RewindTo(0), "Rewinding a disposed session");
        Expect.Throws<ObjectDisposedException>(() => _ = session.Logits, "Reading a disposed session's logits");
    }

    /// <summary>A disposed engine opens no session; disposing it again is harmless.</summary>
    public void A_disposed_engine_opens_no_session()
    {
        var engine = CreateEngine();
        engine.Dispose();
        engine.Dispose();
        Expect.Throws<ObjectDisposedException>(() => engine.CreateSession(), "Opening a session of a disposed engine");
    }
}
