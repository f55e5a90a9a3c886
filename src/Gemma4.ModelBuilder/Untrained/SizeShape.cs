namespace Gemma4.ModelBuilder.Untrained;

/// <summary>The numbers of a published config.json in which the sizes differ.</summary>
internal sealed record SizeShape
{
    public required string Name { get; init; }

    /// <summary>model_type of the outer object; the text part adds "_text".</summary>
    public string ModelType { get; init; } = "gemma4";

    public int VocabularySize { get; init; } = 262_144;

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    /// <summary>One layer in so many has full attention, counted from the last.</summary>
    public required int FullEvery { get; init; }

    public required int Window { get; init; }

    public required int QueryHeads { get; init; }

    public required int KeyValueHeads { get; init; }

    /// <summary>Null: as on sliding layers.</summary>
    public int? FullKeyValueHeads { get; init; }

    public bool KeysAsValues { get; init; }

    public int BorrowingLayers { get; init; }

    public required int FeedForward { get; init; }

    public bool DoubleWide { get; init; }

    public int PerLayerInput { get; init; }

    /// <summary>0: no experts.</summary>
    public int Experts { get; init; }

    public int ActiveExperts { get; init; }

    public int ExpertFeedForward { get; init; }

    public required int MaxPositions { get; init; }

    public static SizeShape Of(Gemma4Size size) => size switch
    {
        Gemma4Size.E2B => new()
        {
            Name = "E2B",
            HiddenSize = 1536,
            Layers = 35,
            FullEvery = 5,
            Window = 512,
            QueryHeads = 8,
            KeyValueHeads = 1,
            BorrowingLayers = 20,
            FeedForward = 6144,
            DoubleWide = true,
            PerLayerInput = 256,
            MaxPositions = 131_072,
        },
        Gemma4Size.E4B => new()
        {
            Name = "E4B",
            HiddenSize = 2560,
            Layers = 42,
            FullEvery = 6,
            Window = 512,
            QueryHeads = 8,
            KeyValueHeads = 2,
            BorrowingLayers = 18,
            FeedForward = 10_240,
            PerLayerInput = 256,
            MaxPositions = 131_072,
        },
        Gemma4Size.Dense12B => new()
        {
            Name = "12B",
            ModelType = "gemma4_unified",
            HiddenSize = 3840,
            Layers = 48,
            FullEvery = 6,
            Window = 1024,
            QueryHeads = 16,
            KeyValueHeads = 8,
            FullKeyValueHeads = 1,
            KeysAsValues = true,
            FeedForward = 15_360,
            MaxPositions = 262_144,
        },
        Gemma4Size.Experts26B => new()
        {
            Name = "26B-A4B",
            HiddenSize = 2816,
            Layers = 30,
            FullEvery = 6,
            Window = 1024,
            QueryHeads = 16,
            KeyValueHeads = 8,
            FullKeyValueHeads = 2,
            KeysAsValues = true,
            FeedForward = 2112,
            Experts = 128,
            ActiveExperts = 8,
            ExpertFeedForward = 704,
            MaxPositions = 262_144,
        },
        Gemma4Size.Dense31B => new()
        {
            Name = "31B",
            HiddenSize = 5376,
            Layers = 60,
            FullEvery = 6,
            Window = 1024,
            QueryHeads = 32,
            KeyValueHeads = 16,
            FullKeyValueHeads = 4,
            KeysAsValues = true,
            FeedForward = 21_504,
            MaxPositions = 262_144,
        },
        _ => throw new ArgumentOutOfRangeException(
            nameof(size), $"{size} is none of the sizes {string.Join(", ", Enum.GetNames<Gemma4Size>())}."),
    };

    /// <summary>The same model with fewer layers; the last one still has full attention.</summary>
    public SizeShape WithLayers(int layers)
    {
        var borrowing = (int)Math.Round((double)BorrowingLayers * layers / Layers);
        var shorter = this with { Layers = layers };
        while (borrowing > 0 && !shorter.HasDonors(layers - borrowing))
        {
            borrowing--;
        }

        return shorter with { BorrowingLayers = borrowing };
    }

    public bool IsFull(int layer) => (Layers - 1 - layer) % FullEvery == 0;

    /// <summary>Whether the first layers hold one of each kind, from which later ones can borrow.</summary>
    private bool HasDonors(int owners)
    {
        var kinds = Enumerable.Range(0, owners).Select(IsFull).ToHashSet();
        return kinds.Count == 2;
    }
}
