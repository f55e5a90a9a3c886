using Gemma4.Models;
using Gemma4.Nano;
using Gemma4.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.Models;

public sealed class ModelMemoryPlanTests
{
    private static readonly Gemma4ModelFolder Nano = Gemma4ModelFolder.Open(NanoModel.Directory);

    [Fact]
    public void Weights_are_what_the_files_hold_and_tables_stay_in_the_file()
    {
        ModelMemoryPlan plan = ModelMemoryPlan.Read(Nano);

        long files = new FileInfo(Nano.ModelPath).Length + new FileInfo(Nano.ModelPath + ".data").Length;
        // The rest of the files is alignment and the graph's own structure.
        Assert.InRange(plan.WeightBytes, files * 9 / 10, files);
        Assert.InRange(plan.ResidentWeightBytes, 1, plan.WeightBytes);
    }

    [Fact]
    public void The_cache_grows_as_the_engine_says()
    {
        using var engine = OnnxGenerationEngine.Load(Nano);

        Assert.Equal(engine.CacheBytesPerToken, ModelMemoryPlan.Read(Nano).CacheBytesPerToken);
    }

    [Fact]
    public void Larger_chunks_take_more_and_every_token_costs_the_same()
    {
        ModelMemoryPlan small = ModelMemoryPlan.Read(Nano, 1);
        ModelMemoryPlan large = ModelMemoryPlan.Read(Nano, 512);

        Assert.True(large.ScratchBytes > small.ScratchBytes);
        Assert.Equal(512 * small.ScoreBytesPerToken, large.ScoreBytesPerToken);
        Assert.Equal(small.BytesFor(2) - small.BytesFor(1), small.BytesFor(1000) - small.BytesFor(999));
        Assert.Throws<ArgumentOutOfRangeException>(() => ModelMemoryPlan.Read(Nano, 0));
    }

    [Fact]
    public void A_file_that_is_no_graph_is_an_error_that_names_the_folder()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(NanoModel.Directory))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        Gemma4ModelFolder opened = Gemma4ModelFolder.Open(folder.Path);
        File.WriteAllBytes(opened.ModelPath, [0x3a, 0xff, 0xff, 0x01, 0x02]);

        var exception = Assert.Throws<Gemma4ModelException>(() => ModelMemoryPlan.Read(opened));

        Assert.Contains(folder.Path, exception.Message, StringComparison.Ordinal);
    }
}
