namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>The experts that stand beside the dense feed-forward of each layer.</summary>
/// <param name="Count">Experts a layer.</param>
/// <param name="Chosen">Experts that work on one token.</param>
/// <param name="FeedForward">Inner width of one expert.</param>
internal sealed record ExpertConfig(int Count, int Chosen, int FeedForward)
{
    /// <summary>Null when the model has none.</summary>
    public static ExpertConfig? Read(ConfigReader reader)
    {
        if (!reader.Flag("enable_moe_block"))
        {
            return null;
        }

        // The second spellings are those of other mixture models in the same library.
        var count = Either(reader, "num_experts", "num_local_experts");
        var chosen = Either(reader, "top_k_experts", "num_experts_per_tok");
        var width = Either(reader, "moe_intermediate_size", "expert_intermediate_size");
        return chosen <= count
            ? new ExpertConfig(count, chosen, width)
            : throw reader.Wrong("top_k_experts", $"is {chosen}, but there are {count} experts");
    }

    private static int Either(ConfigReader reader, string name, string other) =>
        reader.OptionalSize(name) is null && reader.OptionalSize(other) is not null
            ? reader.Size(other)
            : reader.Size(name);
}
