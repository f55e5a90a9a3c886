using System.Diagnostics.CodeAnalysis;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.Models.Download;
using Gemma4.OnnxRuntime;
using Gemma4.Prompting;
using Microsoft.Extensions.AI;

namespace Gemma4;

/// <summary>What a <see cref="Gemma4ChatClient"/> needs to know: which model, how to run it, when to load and unload it.</summary>
public sealed class Gemma4Options
{
    /// <summary>
    /// Model folder in any <see cref="ModelLayout"/>. Either this or <see cref="Model"/> is required; there is no default.
    /// Relative paths count from the current directory.
    /// </summary>
    public string? ModelPath { get; set; }

    /// <summary>
    /// Model on a hub instead of a folder: <c>owner/name</c> or <c>owner/name@revision</c>. It is taken from the cache
    /// that <c>gemma4 pull</c> fills, and fetched at first use only if <see cref="Download"/> allows it. The default is null.
    /// </summary>
    public string? Model { get; set; }

    /// <summary>Whether and how <see cref="Model"/> is fetched. By default only the cache is looked at.</summary>
    public ModelDownloadOptions Download { get; } = new();

    /// <summary>
    /// Precision to run of those in a folder made for transformers.js, as in "q4", "q8" or "fp32". Default null: the
    /// first that is there of q4, q8, int8, uint8, fp32, q4f16, fp16, bnb4, because fewer bits are read faster and most
    /// processors have no arithmetic of half precision. Folders of other layouts have one precision and refuse a name.
    /// </summary>
    public string? ModelVariant { get; set; }

    /// <summary>
    /// Name under which the model is reported and asked for in <c>ChatOptions.ModelId</c>. The default is
    /// <see cref="Model"/> without the revision, else the name of the model folder.
    /// </summary>
    public string? ModelId { get; set; }

    /// <summary>Template flavor. The default, null, takes it from the model's configuration.</summary>
    public PromptFlavor? Flavor { get; set; }

    /// <summary>
    /// True renders exactly what the published chat template renders, its defects included. The default, false,
    /// normalises tool schemas first and keeps text that stands beside a tool call in its place.
    /// </summary>
    public bool CanonicalPrompt { get; set; }

    /// <summary>
    /// Tokens per prefill step, 1 or more; the default is 128. Cancellation during the prompt takes effect between
    /// steps at the latest. Larger steps need more scratch memory and are up to 12 % faster.
    /// </summary>
    public int PrefillChunkSize { get; set; } = 128;

    /// <summary>Thought tokens allowed for each reasoning effort.</summary>
    public ThinkingBudgets ThinkingBudgets { get; } = new();

    /// <summary>
    /// Frees the model after this much time without a request; the next request loads it again. The default, null,
    /// keeps it until the client is disposed.
    /// </summary>
    public TimeSpan? UnloadAfterIdle { get; set; }

    /// <summary>
    /// True refuses, before anything is read, a model that needs more memory than the machine has free. Default true.
    /// The need is worked out from the graph (<see cref="ModelMemoryPlan"/>) for the processor; other execution providers
    /// and engines are not checked.
    /// </summary>
    public bool CheckMemory { get; set; } = true;

    /// <summary>True loads the model when the host starts. The default, false, loads it at the first request.</summary>
    public bool WarmUpOnStart { get; set; }

    /// <summary>
    /// System message that most requests begin with. Where <see cref="WarmUpOnStart"/> is set it is read at the start
    /// together with <see cref="WarmUpTools"/>, so that the first requests find it in the prefix cache. Default null.
    /// </summary>
    public string? WarmUpInstructions { get; set; }

    /// <summary>Gives the tools that most requests declare, in their order; read as <see cref="WarmUpInstructions"/>. Default null.</summary>
    public Func<IServiceProvider, IEnumerable<AITool>>? WarmUpTools { get; set; }

    /// <summary>
    /// LoRA adapters by name: the file of each, in ONNX Runtime's .onnx_adapter format. A request names one in
    /// <c>ChatOptions.AdditionalProperties["adapter"]</c>; without it the model runs as it is. Default empty. A file is
    /// read at its first use.
    /// </summary>
    public IDictionary<string, string> Adapters { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What is kept of a finished request, so that the next one reads only what is new.</summary>
    public PrefixCacheOptions PrefixCache { get; } = new();

    /// <summary>How many requests run at once, and how many wait.</summary>
    public SchedulingOptions Scheduling { get; } = new();

    /// <summary>
    /// Most tokens guessed per step from what the prompt and the answer already hold, 0 up to 63; the model checks them
    /// all in one step, so an answer that quotes a tool's result or a passage comes faster and is the model's own all the
    /// same. Where guesses go wrong fewer are made, at a cost of some 3 %. Default 7; 0 switches it off. Used where a
    /// response is generated alone and the graph can score several positions, as those of <c>gemma4 build</c> can.
    /// </summary>
    public int MaxDraftTokens { get; set; } = 7;

    /// <summary>Settings of the ONNX Runtime engine.</summary>
    public OnnxRuntimeOptions OnnxRuntime { get; } = new();

    /// <summary>
    /// Makes the engine for a model folder; the client disposes it. The default, null, uses ONNX Runtime in this
    /// process.
    /// </summary>
    [Experimental("GEMMA4001")]
    public Func<Gemma4ModelFolder, IGenerationEngine>? EngineFactory { get; set; }
}
