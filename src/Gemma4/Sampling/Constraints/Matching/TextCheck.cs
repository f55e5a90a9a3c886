using System.Text;
using Gemma4.Prompting;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>Checks a written text against a grammar byte by byte, without a vocabulary.</summary>
internal sealed class TextCheck
{
    /// <summary>Control tokens by their spelling; the numbers are their places here.</summary>
    public static readonly string[] Controls =
    [
        ControlToken.CallStart, ControlToken.CallEnd, ControlToken.Quote, ControlToken.ChannelStart, ControlToken.ChannelEnd,
        ControlToken.TurnEnd, ControlToken.ResponseStart, "<eos>", ControlToken.TurnStart, ControlToken.ToolStart,
        ControlToken.ToolEnd, ControlToken.ResponseEnd, ControlToken.Think, ControlToken.Image, ControlToken.Audio,
        ControlToken.Video, ControlToken.BeginOfSequence,
    ];

    private static readonly string[] Stops = [ControlToken.TurnEnd, ControlToken.ResponseStart, "<eos>"];

    private readonly Expansion _expansion = new();
    private Configuration _place;

    public TextCheck(GrammarNode root)
    {
        _place = _expansion.Start(root);
    }

    /// <summary>Whether the text is complete, whether it can still become so, and the first byte that cannot be.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hasControls">Whether spelled-out control tokens count as such.</param>
    public (bool IsAccepted, bool IsPrefix, int At) Run(string text, bool hasControls)
    {
        var at = 0;
        for (var i = 0; i < text.Length;)
        {
            var control = hasControls ? Array.FindIndex(Controls, name => text.AsSpan(i).StartsWith(name, StringComparison.Ordinal)) : -1;
            if (control >= 0)
            {
                var name = Controls[control];
                i += name.Length;
                if (Array.IndexOf(Stops, name) >= 0)
                {
                    return _place.Accepts && i == text.Length ? (true, true, at + name.Length)
                        : (false, false, _place.Accepts ? at + name.Length : at);
                }

                _place = _expansion.StepControl(_place, control);
                if (_place.IsDead)
                {
                    return (false, false, at);
                }

                at += name.Length;
                continue;
            }

            var length = char.IsSurrogatePair(text, Math.Min(i, text.Length - 1)) ? 2 : 1;
            foreach (var value in Encoding.UTF8.GetBytes(text.Substring(i, length)))
            {
                _place = _expansion.Step(_place, value);
                if (_place.IsDead)
                {
                    return (false, false, at);
                }

                at++;
            }

            i += length;
            if (_expansion.FrameCount > 4 * ConstraintBudget.MaxFrames)
            {
                throw new Gemma4ConstraintException("The text is too long to be checked against this grammar.");
            }
        }

        return (_place.Accepts, true, at);
    }
}
