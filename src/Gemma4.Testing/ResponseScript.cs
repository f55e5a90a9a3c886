namespace Gemma4.Testing;

/// <summary>
/// Replays one response per prompt. A prompt may come in chunks: it is over when its logits are read. From then on
/// single tokens advance the response; a larger append or a rewind begins the next prompt.
/// </summary>
internal sealed class ResponseScript(ResponseQueue queue) : SessionScript
{
    private int[]? _response;
    private int _position;
    private bool _isAnswering;

    public override int Next(IReadOnlyList<int> tokens, int added)
    {
        if (_isAnswering && added == 1)
        {
            _position++;
        }
        else if (_isAnswering || _response is null)
        {
            _response = queue.Take();
            _position = 0;
            _isAnswering = false;
        }

        return _position < _response!.Length ? _response[_position] : queue.StopId;
    }

    public override void LogitsRead() => _isAnswering = true;

    public override void Rewound()
    {
        _response = null;
        _position = 0;
        _isAnswering = false;
    }
}
