using System.Globalization;
using System.Text;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>
/// Judges one stretch of an answer while it grows and lets out what no continuation can change any more. What comes out
/// depends on the text alone, never on how it was cut. One instance serves one stretch.
/// </summary>
internal sealed class StreamGuard
{
    private readonly TextJudge _judge;
    private readonly CompiledRule[] _growing;
    private readonly CompiledRule[] _whole;
    private readonly bool _needsEnd;
    private readonly SentenceEnds? _sentences;
    private readonly PseudonymRestorer? _restorer;
    private readonly List<Hit> _open = []; // accepted and not yet let out
    private readonly List<Hit> _all = [];
    private readonly StringBuilder _unit = new();
    private readonly int _lookBehind;

    private string _window = "";
    private int _windowStart;
    private int _settled;
    private int _judged;
    private int _released;
    private string _grapheme = "";

    public StreamGuard(TextJudge judge, PseudonymRestorer? restorer, bool isThought)
    {
        _judge = judge;
        _restorer = restorer;
        var rules = judge.RulesAt(SafetyStage.Output, isAnswer: !isThought).ToArray();
        _growing = [.. rules.Where(rule => !rule.NeedsWhole)];
        _whole = [.. rules.Where(rule => rule.NeedsWhole)];
        var mode = judge.Policy.Streaming;
        _needsEnd = mode == StreamingMode.FullBuffer || (mode == StreamingMode.HoldBack && _whole.Length > 0) || _whole.Any(rule => rule.IsAboutForm);
        _sentences = mode == StreamingMode.Sentence && !_needsEnd ? new SentenceEnds() : null;
        _judged = _needsEnd || _sentences is not null ? 0 : int.MaxValue;
        _lookBehind = _growing.Length == 0 ? 0 : _growing.Max(rule => judge.DetectorOf(rule).LookBehind);
    }

    /// <summary>The finding after which nothing comes out.</summary>
    public Hit? Stop { get; private set; }

    public IReadOnlyList<Hit> Hits => _all;

    public async ValueTask<string> AppendAsync(string piece, CancellationToken cancellationToken)
    {
        if (Stop is not null || piece.Length == 0)
        {
            return "";
        }

        _window += piece;
        if (_needsEnd)
        {
            _unit.Append(_whole.Length > 0 ? piece : "");
        }
        else if (_sentences is not null)
        {
            await SentencesAsync(piece, cancellationToken).ConfigureAwait(false);
        }

        var view = new TextView(_window);
        var settled = _growing.Length == 0 ? _window.Length : _growing.Min(rule => _judge.DetectorOf(rule).SettledLength(view));
        await SettleAsync(view, _windowStart + settled, cancellationToken).ConfigureAwait(false);
        return Graphemes(Release(), isEnd: false);
    }

    public async ValueTask<string> CompleteAsync(CancellationToken cancellationToken)
    {
        var text = "";
        if (Stop is null)
        {
            var end = _windowStart + _window.Length;
            await WholeAsync(_unit.ToString(), end, cancellationToken).ConfigureAwait(false);
            await SettleAsync(new TextView(_window), end, cancellationToken).ConfigureAwait(false);
            _judged = int.MaxValue;
            text = Release();
        }

        return Graphemes(text + _restorer?.Complete(), isEnd: true);
    }

    private async ValueTask SentencesAsync(string piece, CancellationToken cancellationToken)
    {
        foreach (var character in piece)
        {
            _unit.Append(character);
            if (_sentences!.IsEnd(character))
            {
                var end = _judged + _unit.Length;
                await WholeAsync(_unit.ToString(), end, cancellationToken).ConfigureAwait(false);
                _unit.Clear();
                _judged = end;
            }
        }
    }

    private async ValueTask WholeAsync(string unit, int end, CancellationToken cancellationToken)
    {
        if (unit.Length == 0)
        {
            return;
        }

        var view = new TextView(unit);
        foreach (var rule in _whole)
        {
            var found = new List<Hit>();
            _judge.Add(rule, await _judge.ReadAsync(rule, view, SafetyStage.Output, cancellationToken).ConfigureAwait(false), found, SafetyStage.Output, unit, end - unit.Length);
            _open.AddRange(found);
            _all.AddRange(found);
        }
    }

    private async ValueTask SettleAsync(TextView view, int settled, CancellationToken cancellationToken)
    {
        if (settled <= _settled)
        {
            return;
        }

        foreach (var rule in _growing)
        {
            var findings = await _judge.ReadAsync(rule, view, SafetyStage.Output, cancellationToken).ConfigureAwait(false);
            var found = new List<Hit>();
            _judge.Add(rule, findings, found, SafetyStage.Output, view.Text, _windowStart);
            found.RemoveAll(hit => hit.Start < _settled || hit.Start >= settled);
            _open.AddRange(found);
            _all.AddRange(found);
        }

        _settled = settled;
    }

    /// <summary>Lets out what is settled and judged, redacted.</summary>
    private string Release()
    {
        var limit = Math.Min(Math.Min(_settled, _judged), _windowStart + _window.Length);
        Hit? stop = null;
        foreach (var hit in _open)
        {
            // Of several findings at one place the strictest; the order in which they came in must not matter.
            if (hit.Action >= SafetyAction.Replace && hit.Start < limit && (stop is not { } current || Precedes(hit, current)))
            {
                stop = hit;
            }
        }

        limit = stop?.Start ?? limit;
        var result = new StringBuilder();
        var position = _released;
        foreach (var hit in Rewriter.Merge(_open.Where(hit => hit.Action == SafetyAction.Redact && hit.Start < limit)))
        {
            if (hit.End > limit && stop is null)
            {
                limit = hit.Start; // until its end is settled it may still grow together with another
                break;
            }

            var end = Math.Min(hit.End, limit);
            result.Append(_window, position - _windowStart, hit.Start - position);
            result.Append(Rewriter.Placeholder(hit, _window[(hit.Start - _windowStart)..(Math.Max(end, hit.Start) - _windowStart)], pseudonyms: null));
            position = end;
        }

        if (limit > position)
        {
            result.Append(_window, position - _windowStart, limit - position);
        }

        _released = Math.Max(_released, limit);
        Stop = stop;
        _open.RemoveAll(hit => hit.End <= _released || (hit.Action < SafetyAction.Redact && hit.Start < _released));
        Trim();
        var text = result.ToString();
        return _restorer is null ? text : _restorer.Append(text);
    }

    private static bool Precedes(Hit hit, Hit other) =>
        hit.Start != other.Start ? hit.Start < other.Start
        : hit.Action != other.Action ? hit.Action > other.Action
        : string.CompareOrdinal(hit.Finding.Rule, other.Finding.Rule) < 0;

    private void Trim()
    {
        if (Stop is not null)
        {
            _window = "";
            return;
        }

        var cut = Math.Max(_windowStart, Math.Min(_released, _settled - _lookBehind));
        // The detectors read a window as a text of its own: it must not begin within a character.
        if (cut > _windowStart && cut - _windowStart < _window.Length && char.IsLowSurrogate(_window[cut - _windowStart]))
        {
            cut--;
        }

        _window = _window[(cut - _windowStart)..];
        _windowStart = cut;
    }

    // The last character may still get an accent, a joiner or a second half.
    private string Graphemes(string text, bool isEnd)
    {
        var whole = _grapheme + text;
        if (isEnd || Stop is not null)
        {
            _grapheme = "";
            return whole;
        }

        var last = 0;
        for (var position = 0; position < whole.Length;)
        {
            last = position;
            position += StringInfo.GetNextTextElementLength(whole, position);
        }

        _grapheme = whole[last..];
        return whole[..last];
    }
}
