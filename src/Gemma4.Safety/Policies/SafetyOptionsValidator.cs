using Gemma4.Safety.Detection.Schemas;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.Options;

namespace Gemma4.Safety.Policies;

/// <summary>Refuses options that could not do what they say.</summary>
internal sealed class SafetyOptionsValidator : IValidateOptions<SafetyOptions>
{
    private const int ShortestKey = 16;

    public ValidateOptionsResult Validate(string? name, SafetyOptions options)
    {
        var problems = new List<string>();
        if (options.Find(options.Policy) is null)
        {
            problems.Add($"Safety:Policy is '{options.Policy}', which is none of the policies ({string.Join(", ", options.Policies.Keys.Append(SafetyOptions.DefaultPolicyName).Distinct())}).");
        }

        Require(options.FilterTimeout > TimeSpan.Zero, "Safety:FilterTimeout must be more than zero.");
        Require(options.ApprovalLifetime > TimeSpan.Zero, "Safety:ApprovalLifetime must be more than zero.");
        Require(options.CacheSize >= 0, "Safety:CacheSize must be 0 or more.");
        Require(options.HashKey is null || IsKey(options.HashKey), $"Safety:HashKey must be at least {ShortestKey} bytes in Base64.");
        foreach (var (policyName, policy) in options.Policies)
        {
            for (var index = 0; index < policy.Rules.Count; index++)
            {
                Check(options, policy.Rules[index], $"Safety:Policies:{policyName}:Rules:{index}", problems);
            }

            policy.Budget.Check($"Safety:Policies:{policyName}:Budget", problems);
            ToolPolicyCheck.Run(policy.Tools, $"Safety:Policies:{policyName}:Tools", problems);
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                problems.Add(problem);
            }
        }
    }

    public static void ThrowIfInvalid(SafetyOptions options)
    {
        if (new SafetyOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(nameof(SafetyOptions), typeof(SafetyOptions), result.Failures);
        }
    }

    private static bool IsKey(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length >= ShortestKey;
    }

    private static string? SchemaProblem(string schema)
    {
        try
        {
            JsonSchema.Read(schema);
            return null;
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            return problem.Message;
        }
    }

    private static void Check(SafetyOptions options, SafetyRule rule, string path, List<string> problems)
    {
        var isKnown = RuleCompiler.BuiltIn.Contains(rule.Detector) || options.FindDetector(rule.Detector) is not null || options.FindFilter(rule.Detector) is not null;
        if (!isKnown)
        {
            problems.Add($"{path}:Detector is '{rule.Detector}'. Known are {string.Join(", ", RuleCompiler.BuiltIn.Order())} and what was added with AddDetector and AddFilter.");
            return;
        }

        Only(rule.Phrases.Count > 0, "blocked-words", "Phrases");
        Only(rule.Topic is not null, "blocked-words", "Topic");
        Only(rule.AllowedHosts.Count > 0, "exfiltration", "AllowedHosts");
        Only(rule.MaxCharacters is not null, "size", "MaxCharacters");
        Only(rule.Canary is not null, "prompt-leak", "Canary");
        Only(rule.Schema is not null, "json-output", "Schema");
        Only(rule.UseResponseFormat, "json-output", "UseResponseFormat");
        Require(rule.Schema is null || !rule.UseResponseFormat, "sets both Schema and UseResponseFormat; make two rules of it");
        Require(!rule.UseResponseFormat || (rule.Stages.Count == 1 && rule.Stages[0] == SafetyStage.Output), "sets UseResponseFormat, which is about answers; set Stages to Output");
        if (rule.Schema is not null && SchemaProblem(rule.Schema) is { } problem)
        {
            problems.Add($"{path}:Schema: {problem}");
        }

        Require(rule.Detector != "blocked-words" || rule.Phrases.Count > 0, "needs Phrases");
        Require(rule.Detector != "size" || rule.MaxCharacters >= 1, "needs MaxCharacters of 1 or more");
        Require(rule.Detector != "size" || rule.Action != SafetyAction.Redact, "cannot redact a size; use Replace or Refuse");
        Require(rule.MinScore is null or (>= 0 and <= 1), "has a MinScore outside 0 to 1");
        Require((rule.Action == SafetyAction.Replace) == (rule.Replacement is not null), "needs Replacement exactly when Action is Replace");
        Require(rule.Style == RedactionStyle.Label || rule.Action == SafetyAction.Redact, "has a Style but does not redact");
        Require(rule.Style != RedactionStyle.Hash || options.HashKey is not null, "has the style Hash, which needs Safety:HashKey");
        Require(rule.Action != SafetyAction.Ask || (rule.Stages.Count == 1 && rule.Stages[0] == SafetyStage.ToolArguments), "asks, which is possible for the stage ToolArguments only; set Stages to it");
        Require(Enum.IsDefined(rule.Action) && Enum.IsDefined(rule.Style) && rule.Stages.All(Enum.IsDefined), "has an Action, Style or Stage that does not exist");

        void Only(bool isSet, string detector, string member) => Require(!isSet || rule.Detector == detector, $"sets {member}, which only '{detector}' reads");

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                problems.Add($"{path} ('{rule.Detector}') {problem}.");
            }
        }
    }
}
