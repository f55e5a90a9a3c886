namespace Gemma4.Testing;

/// <summary>The responses of one engine, handed to its sessions in order.</summary>
internal sealed class ResponseQueue(int stopId, int[][] responses)
{
    private int _taken;

    public int StopId => stopId;

    public int[] Take()
    {
        var index = Interlocked.Increment(ref _taken) - 1;
        return index < responses.Length
            ? responses[index]
            : throw new InvalidOperationException(
                FormattableString.Invariant($"The script has {responses.Length} responses, and another prompt came. ")
                + "Add a response, or find out why the model is asked again.");
    }
}
