using Gemma4.Tokenization;

namespace Gemma4.Prompting;

public sealed partial class RenderedPrompt
{
    /// <summary>
    /// The token ids of the prompt, <c>&lt;bos&gt;</c> included. Control tokens come from control segments only; text
    /// that spells one is encoded as the characters it is made of.
    /// </summary>
    /// <param name="tokenizer">The tokenizer of the model that is to read the prompt.</param>
    /// <exception cref="InvalidOperationException">The vocabulary lacks a control token the prompt needs.</exception>
    public int[] Encode(Gemma4Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var ids = new List<int>();
        foreach (var segment in Segments)
        {
            if (!segment.IsControl)
            {
                tokenizer.EncodeText(segment.Text, ids);
                continue;
            }

            ids.Add(tokenizer.TryGetControlId(segment.Text, out var id)
                ? id
                : throw new InvalidOperationException($"The tokenizer has no control token '{segment.Text}', which this "
                    + "prompt needs. Use the tokenizer.json of a Gemma 4 model."));
        }

        return [.. ids];
    }
}
