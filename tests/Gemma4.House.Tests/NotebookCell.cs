namespace Gemma4.House.Tests;

/// <summary>One code cell, and the texts that its output holds according to the notebook.</summary>
internal sealed record NotebookCell(int Number, string Code, int StoredOutputs, IReadOnlyList<string> Expected);
