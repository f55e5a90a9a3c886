using System.Buffers.Binary;
using Gemma4.Generation;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>A session written to a stream goes on in another engine as if it had never left, or is refused.</summary>
public sealed class StorageTests(LayoutModels models) : IClassFixture<LayoutModels>
{
    private const int Held = 90;

    private const int MagicBytes = 8;

    // Of both sides, so that neither a graph's buffers nor its windows are the same after as before.
    private const int Chunk = 7;

    [Theory]
    [InlineData("text", Held, Held)]
    [InlineData("text", Held, 31)]
    [InlineData("text, windowed", 5, 5)]
    [InlineData("text, windowed", Held, Held)]
    [InlineData("text, windowed", Held, Held - 3)]
    [InlineData("text, windowed", Held, 20)]
    [InlineData(LayoutModels.Rounded, Held, Held)]
    [InlineData(LayoutModels.Rounded, Held, 20)]
    [InlineData("text, traced", Held, Held)]
    [InlineData("text, traced", Held, 31)]
    [InlineData("multi-model", Held, Held)]
    [InlineData("text", 1, 0)]
    public void A_restored_session_goes_on_bit_by_bit_as_the_saved_one(string layout, int read, int rewound)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using OnnxGenerationEngine other = models.Load(layout);
        using IGenerationSession session = Read(engine, read);
        session.RewindTo(rewound);
        byte[] saved = Save(engine, session);

        using IStorableSession restored = other.Restore(new MemoryStream(saved));

        Assert.Equal(Tokens(read)[..rewound], restored.Tokens.ToArray());
        Assert.Equal(rewound, restored.Length);
        Assert.Throws<InvalidOperationException>(() => restored.Logits.Length);
        Assert.Equal(((IForkableSession)session).EarliestRewind, ((IForkableSession)restored).EarliestRewind);
        Assert.Equal(saved, Save(other, restored));
        foreach (int[] step in Tokens(60).Chunk(Chunk))
        {
            session.Append(step);
            restored.Append(step);
            Assert.Equal(session.Logits, restored.Logits);
        }
    }

    [Theory]
    [InlineData("text")]
    [InlineData("text, windowed")]
    [InlineData(LayoutModels.Rounded)]
    public void A_session_that_is_stepped_together_with_others_is_saved_from_where_its_rows_lie(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using IGenerationSession first = Read(engine, 40);
        using IGenerationSession second = Read(engine, 23);
        engine.AppendEach([first, second], [5, 6]);

        using IStorableSession restored = engine.Restore(new MemoryStream(Save(engine, second)));

        engine.AppendEach([first, restored, second], [1, 9, 9]);
        Assert.Equal(second.Logits, restored.Logits);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("text, windowed")]
    [InlineData("text, traced")]
    public void What_is_cut_off_or_changed_is_refused_and_leaves_nothing_behind(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        byte[] saved;
        using (IGenerationSession session = Read(engine, 30))
        {
            saved = Save(engine, session);
        }

        long taken = engine.CacheBytesTaken;
        for (int length = 0; length < saved.Length; length += 97)
        {
            Assert.Contains("cut off", Refusal(engine, new MemoryStream(saved[..length])), StringComparison.Ordinal);
            Assert.Contains("cut off", Refusal(engine, new ForwardStream(saved[..length])), StringComparison.Ordinal);
        }

        // Every byte of the beginning and of the end, some in between.
        for (int at = 0; at < saved.Length; at += at is > 400 && at < saved.Length - 40 ? 97 : 1)
        {
            byte[] damaged = [.. saved];
            damaged[at] ^= 0x40;
            Refusal(engine, new MemoryStream(damaged));
        }

        Assert.Equal(taken, engine.CacheBytesTaken);
    }

    [Fact]
    public void Nothing_is_read_past_the_saved_session()
    {
        using OnnxGenerationEngine engine = models.Load("text, windowed");
        using IGenerationSession session = Read(engine, 30);
        using var stream = new MemoryStream();
        engine.Save(session, stream);
        long end = stream.Position;
        engine.Save(session, stream);
        stream.Position = 0;

        using IStorableSession first = engine.Restore(stream);
        Assert.Equal(end, stream.Position);
        using IStorableSession second = engine.Restore(stream);
        Assert.Equal(first.Tokens, second.Tokens);
    }

    [Fact]
    public void Another_model_is_refused_even_where_one_weight_alone_differs()
    {
        using OnnxGenerationEngine engine = models.Load("text");
        using IGenerationSession session = Read(engine, 30);
        byte[] saved = Save(engine, session);
        using OnnxGenerationEngine windowed = models.Load("text, windowed");
        Assert.Contains("another model", Refusal(windowed, new MemoryStream(saved)), StringComparison.Ordinal);

        using TemporaryFolder copy = models.Copy("text");
        using (OnnxGenerationEngine same = LayoutModels.LoadFolder(copy.Path))
        {
            same.Restore(new MemoryStream(saved)).Dispose();
        }

        string weights = Directory.EnumerateFiles(copy.Path, "*.data").Single();
        using (FileStream file = File.Open(weights, FileMode.Open, FileAccess.ReadWrite))
        {
            Span<byte> bytes = stackalloc byte[1];
            file.ReadExactly(bytes);
            file.Position = 0;
            file.WriteByte((byte)(bytes[0] ^ 1));
        }

        using OnnxGenerationEngine changed = LayoutModels.LoadFolder(copy.Path);
        Assert.Contains("another model", Refusal(changed, new MemoryStream(saved)), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_version_and_other_windows_are_refused_by_name()
    {
        using OnnxGenerationEngine engine = models.Load("text, windowed");
        using IGenerationSession session = Read(engine, 30);
        byte[] saved = Save(engine, session);
        using OnnxGenerationEngine roomier = OnnxGenerationEngine.Load(Gemma4.Models.Gemma4ModelFolder.Open(models.Path("text, windowed")));
        Assert.Contains("other shapes", Refusal(roomier, new MemoryStream(saved)), StringComparison.Ordinal);

        BinaryPrimitives.WriteInt32LittleEndian(saved.AsSpan(MagicBytes), 2);
        Assert.Contains("format version 2", Refusal(engine, new MemoryStream(saved)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_without_room_is_refused_and_the_engine_goes_on()
    {
        using OnnxGenerationEngine engine = models.Load("text");
        using IGenerationSession session = Read(engine, 60);
        byte[] saved = Save(engine, session);
        using OnnxGenerationEngine small = models.Load("text", options => options.KvCacheMemoryBudget = engine.CacheBytes(80));
        using (IGenerationSession other = Read(small, 40))
        {
            Assert.Throws<Gemma4CacheFullException>(() => small.Restore(new MemoryStream(saved)));
        }

        using (IStorableSession restored = small.Restore(new MemoryStream(saved)))
        {
            Assert.Equal(60, restored.Length);
        }

        Assert.Equal(0, small.CacheBytesTaken);
        using OnnxGenerationEngine shorter = models.Load("text", options => options.MaxContextTokens = 59);
        Assert.Throws<Gemma4ContextOverflowException>(() => shorter.Restore(new MemoryStream(saved)));
    }

    [Fact]
    public void A_session_of_another_engine_is_refused()
    {
        using OnnxGenerationEngine engine = models.Load("text");
        using OnnxGenerationEngine other = models.Load("text");
        using IGenerationSession session = Read(engine, 3);
        Assert.Throws<ArgumentException>(() => other.Save(session, Stream.Null));
    }

    private static int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 401) + 7)];

    private static IGenerationSession Read(OnnxGenerationEngine engine, int count)
    {
        IGenerationSession session = engine.CreateSession();
        foreach (int[] step in Tokens(count).Chunk(Chunk))
        {
            session.Append(step);
        }

        return session;
    }

    private static byte[] Save(OnnxGenerationEngine engine, IGenerationSession session)
    {
        using var stream = new MemoryStream();
        engine.Save(session, stream);
        return stream.ToArray();
    }

    private static string Refusal(OnnxGenerationEngine engine, Stream stream) =>
        Assert.Throws<Gemma4ModelException>(() => engine.Restore(stream)).Message;
}
