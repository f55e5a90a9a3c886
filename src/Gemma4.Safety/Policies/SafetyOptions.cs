using System.Text;
using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Policies;

/// <summary>The policies of an application. Binds from configuration; changes there reach the next request.</summary>
public sealed class SafetyOptions
{
    /// <summary>The name that the default policy has.</summary>
    public const string DefaultPolicyName = "default";

    private readonly Dictionary<string, ITextDetector> _detectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ISafetyFilter> _filters = new(StringComparer.Ordinal);

    /// <summary>The policies by name. Without an entry <c>default</c> the built-in one is there under this name.</summary>
    public IDictionary<string, SafetyPolicy> Policies { get; set; } = new Dictionary<string, SafetyPolicy>(StringComparer.Ordinal);

    /// <summary>The policy of requests that name none; default <c>default</c>.</summary>
    public string Policy { get; set; } = DefaultPolicyName;

    /// <summary>How refusals reach the caller.</summary>
    public RefusalMode Refusals { get; set; }

    /// <summary>What a refused request is answered with.</summary>
    public string RefusalText { get; set; } = "This request was stopped by the safety policy.";

    /// <summary>The time a filter has for one text, more than zero; default two seconds. A late filter counts as failed.</summary>
    public TimeSpan FilterTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Findings kept by the hash of their text, so that a history is not judged again; 0 keeps none. Default 4096 texts.</summary>
    public int CacheSize { get; set; } = 4096;

    /// <summary>The key of <see cref="RedactionStyle.Hash"/>, at least 16 bytes in Base64. A secret.</summary>
    public string? HashKey { get; set; }

    /// <summary>How long an asked-for approval may be given, more than zero; default one hour.</summary>
    public TimeSpan ApprovalLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Counts the tokens of a text, for <see cref="RequestBudget"/>: pass the model's own counter. Default a quarter of the UTF-8
    /// bytes, which is an estimate. Called from several threads at once; answers are counted word by word.
    /// </summary>
    public Func<string, int> CountTokens { get; set; } = static text => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    internal ITextDetector? FindDetector(string id) => _detectors.GetValueOrDefault(id);

    internal ISafetyFilter? FindFilter(string id) => _filters.GetValueOrDefault(id);

    /// <summary>Makes a detector known, for rules to name it by its id.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="detector"/> is null.</exception>
    public SafetyOptions AddDetector(ITextDetector detector)
    {
        ArgumentNullException.ThrowIfNull(detector);
        _detectors[detector.Id] = detector;
        return this;
    }

    /// <summary>Makes a filter known, for rules to name it by its id.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="filter"/> is null.</exception>
    public SafetyOptions AddFilter(ISafetyFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _filters[filter.Id] = filter;
        return this;
    }

    internal SafetyPolicy? Find(string name) => Policies.TryGetValue(name, out var policy) ? policy
        : name == DefaultPolicyName ? DefaultPolicy.Create()
        : null;
}
