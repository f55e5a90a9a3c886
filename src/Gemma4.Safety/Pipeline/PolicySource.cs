using Gemma4.Safety.Policies;
using Microsoft.Extensions.Options;

namespace Gemma4.Safety.Pipeline;

/// <summary>The policies in force. A changed configuration that is not valid is not taken: the last valid one stays.</summary>
internal sealed class PolicySource
{
    private volatile CompiledPolicies _current;

    public PolicySource(SafetyOptions options) => _current = new CompiledPolicies(options);

    public PolicySource(IOptionsMonitor<SafetyOptions> monitor)
    {
        _current = new CompiledPolicies(monitor.CurrentValue);
        // The monitor validates before it tells of a change, and tells of other, named options too.
        monitor.OnChange((options, name) =>
        {
            if (string.IsNullOrEmpty(name))
            {
                _current = new CompiledPolicies(options);
            }
        });
    }

    public CompiledPolicies Current => _current;
}
