using System.Collections.Concurrent;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>One version of the options, compiled.</summary>
internal sealed class CompiledPolicies
{
    private readonly RuleCompiler _compiler;
    private readonly ConcurrentDictionary<string, CompiledPolicy> _policies = new(StringComparer.Ordinal);

    public CompiledPolicies(SafetyOptions options)
    {
        SafetyOptionsValidator.ThrowIfInvalid(options);
        Options = options;
        _compiler = new RuleCompiler(options);
        foreach (var name in options.Policies.Keys.Append(options.Policy).Distinct())
        {
            Find(name);
        }

        Cache = new VerdictCache(options.CacheSize);
    }

    public SafetyOptions Options { get; }

    /// <summary>Findings of this version only: another has other rules.</summary>
    public VerdictCache Cache { get; }

    public CompiledPolicy For(SafetyOverride? wish)
    {
        var standard = Find(Options.Policy);
        if (wish is null)
        {
            return standard;
        }

        var chosen = wish.Policy is null ? standard : Find(wish.Policy);
        var isOther = chosen != standard;
        foreach (var id in wish.Without)
        {
            if (standard.Rules.Concat(chosen.Rules).Any(rule => rule.Id == id && rule.Settings.Locked))
            {
                throw new InvalidOperationException($"The safety rule '{id}' is locked: a request cannot switch it off. Remove it from WithSafety.");
            }

            if (!chosen.Rules.Any(rule => rule.Id == id))
            {
                throw new InvalidOperationException($"The safety policy '{chosen.Name}' has no rule '{id}' to switch off.");
            }
        }

        IEnumerable<CompiledRule> locked = isOther ? standard.Rules.Where(rule => rule.Settings.Locked) : [];
        return !isOther && wish.Without.Count == 0
            ? standard
            : new CompiledPolicy(chosen.Name, [.. locked, .. chosen.Rules.Where(rule => !wish.Without.Contains(rule.Id))], chosen.Tools, chosen.Streaming, isOther && standard.Budget.Locked ? chosen.Budget.Within(standard.Budget) : chosen.Budget);
    }

    public CompiledPolicy Find(string name)
    {
        if (_policies.TryGetValue(name, out var compiled))
        {
            return compiled;
        }

        var policy = Options.Find(name) ?? throw new InvalidOperationException($"There is no safety policy '{name}'. Known are {string.Join(", ", _policies.Keys.Order())}.");
        lock (_compiler)
        {
            return _policies.GetOrAdd(name, _ => new CompiledPolicy(name, [.. policy.Rules.Select(_compiler.Compile)], policy.Tools, policy.Streaming, policy.Budget));
        }
    }
}
