namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Bytes that come one after the other, as over a network: no length, no way back, a few at a time.</summary>
internal sealed class ForwardStream(byte[] bytes) : MemoryStream(bytes)
{
    private const int AtOnce = 1000;

    public override bool CanSeek => false;

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(AtOnce, buffer.Length)]);
}
