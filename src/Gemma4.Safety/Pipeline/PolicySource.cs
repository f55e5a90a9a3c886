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
        monitor.OnChange(options =>
        {
            try
            {
                _current = new CompiledPolicies(options);
            }
            catch (OptionsValidationException)
            {
                // The monitor reports it to whoever reads the options; requests go on under the last valid ones.
            }
        });
    }

    public CompiledPolicies Current => _current;
}
