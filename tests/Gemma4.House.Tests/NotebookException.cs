namespace Gemma4.House.Tests;

internal sealed class NotebookException(string notebook, int cell, string fact, Exception? cause = null)
    : Exception($"{notebook}, cell {cell}: {fact}", cause);
