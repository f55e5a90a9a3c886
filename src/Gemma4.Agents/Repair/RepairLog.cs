namespace Gemma4.Agents.Repair;

/// <summary>What one pass over a value changed and what it could not change.</summary>
internal sealed class RepairLog
{
    public List<string> Repairs { get; } = [];

    public List<ArgumentFault> Faults { get; } = [];

    public void Repaired(string path, string what) => Repairs.Add(path.Length == 0 ? what : $"{path}: {what}");

    public void Faulty(string path, string message) => Faults.Add(new ArgumentFault(path, message));
}
