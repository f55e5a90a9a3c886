namespace Gemma4.Agents.Approvals;

/// <summary>Asks at a terminal.</summary>
public static class ConsoleApprover
{
    /// <summary>Makes an approver that writes the call and reads y (once), s (same arguments), t (the tool), n or h (hold).</summary>
    /// <param name="input">Where the answer is read; its end denies.</param>
    /// <param name="output">Where the question is written.</param>
    public static Func<CallForApproval, CancellationToken, ValueTask<ApprovalDecision>> Create(TextReader input, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        SemaphoreSlim one = new(1, 1);
        return async (call, cancellationToken) =>
        {
            // Two questions at once could not be told apart.
            await one.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                while (true)
                {
                    await output.WriteAsync($"{call.Tool}({Shown(call.Arguments.GetRawText())}) - run it? [y]es once, [s]ame arguments always, [t]ool always, [n]o, [h]old: ").ConfigureAwait(false);
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                    string? answer = await input.ReadLineAsync(cancellationToken).ConfigureAwait(false);
                    switch (answer?.Trim().ToLowerInvariant())
                    {
                        case "y" or "yes": return ApprovalDecision.AllowOnce;
                        case "s" or "same": return ApprovalDecision.AllowSameArguments;
                        case "t" or "tool": return ApprovalDecision.AllowTool;
                        case "h" or "hold": return ApprovalDecision.Hold;
                        case null or "n" or "no": return ApprovalDecision.Deny;
                    }
                }
            }
            finally
            {
                one.Release();
            }
        };
    }

    // Arguments come from a model: control characters could redraw the question.
    private static string Shown(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));
}
