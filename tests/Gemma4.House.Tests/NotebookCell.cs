namespace Gemma4.House.Tests;

internal sealed record NotebookCell(int Number, string Code, int StoredOutputs);
