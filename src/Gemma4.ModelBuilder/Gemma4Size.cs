namespace Gemma4.ModelBuilder;

/// <summary>The published sizes of the Gemma 4 family.</summary>
public enum Gemma4Size
{
    /// <summary>35 layers, 4.6 billion text weights, about half of them in the per-layer table.</summary>
    E2B,

    /// <summary>42 layers, 7.5 billion text weights.</summary>
    E4B,

    /// <summary>48 layers, 11.9 billion weights.</summary>
    Dense12B,

    /// <summary>30 layers with 128 experts each, 25.2 billion weights, of which 3.8 billion work on a token.</summary>
    Experts26B,

    /// <summary>60 layers, 30.7 billion weights.</summary>
    Dense31B,
}
