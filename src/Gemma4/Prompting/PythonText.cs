using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>
/// How the template's own runtime (Python and Jinja) trims, orders and prints. The model was trained on that output,
/// so .NET's ways would give it spellings it has not seen.
/// </summary>
internal static class PythonText
{
    /// <summary>Python counts U+001C..U+001F as white space; .NET does not.</summary>
    public static string Trim(string text)
    {
        var start = 0;
        var end = text.Length;
        while (start < end && IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    public static bool IsTruthy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.Number => !value.TryGetDouble(out var number) || number != 0,
        _ => false,
    };

    /// <summary>Entries in the template's order: by lower-cased key, stable, a repeated key keeps its last value.</summary>
    public static List<KeyValuePair<string, JsonElement>> SortedEntries(JsonElement mapping)
    {
        var entries = new List<KeyValuePair<string, JsonElement>>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var property in mapping.EnumerateObject())
        {
            if (places.TryGetValue(property.Name, out var place))
            {
                entries[place] = new(property.Name, property.Value);
                continue;
            }

            places.Add(property.Name, entries.Count);
            entries.Add(new(property.Name, property.Value));
        }

        return [.. entries.OrderBy(entry => Lower(entry.Key), Comparer<string>.Create(CompareCodePoints))];
    }

    /// <summary>Integers keep their digits; everything with a point or an exponent prints as Python's repr.</summary>
    public static string Number(JsonElement number)
    {
        var raw = number.GetRawText();
        if (raw.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return raw == "-0" ? "0" : raw;
        }

        return Float(double.Parse(raw, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    /// <summary>What <c>str(value)</c> prints; a template that prints a list or None falls back to it.</summary>
    public static string Display(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Undefined => string.Empty,
        _ => Repr(value),
    };

    internal static string Float(double value)
    {
        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        // "E16" would print noise digits; "R" prints the shortest digits that read back, as Python does.
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var sign = shortest[0] == '-' ? "-" : string.Empty;
        var mantissa = shortest[sign.Length..];
        var exponent = 0;
        var mark = mantissa.IndexOf('E', StringComparison.Ordinal);
        if (mark >= 0)
        {
            exponent = int.Parse(mantissa.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            mantissa = mantissa[..mark];
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var integerDigits = point < 0 ? mantissa.Length : point;
        var all = mantissa.Replace(".", string.Empty, StringComparison.Ordinal);
        var leadingZeros = all.Length - all.TrimStart('0').Length;
        var digits = all.Trim('0');
        if (digits.Length == 0)
        {
            return sign + "0.0";
        }

        // The value is 0.digits times ten to this power.
        var power = integerDigits + exponent - leadingZeros;
        if (power is > 16 or <= -4)
        {
            var scale = power - 1;
            var fraction = digits.Length > 1 ? "." + digits[1..] : string.Empty;
            var scaleText = Math.Abs(scale).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{digits[0]}{fraction}e{(scale < 0 ? '-' : '+')}{scaleText}";
        }

        if (power <= 0)
        {
            return $"{sign}0.{new string('0', -power)}{digits}";
        }

        return digits.Length <= power
            ? $"{sign}{digits.PadRight(power, '0')}.0"
            : $"{sign}{digits[..power]}.{digits[power..]}";
    }

    private static string Repr(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True:
                return "True";
            case JsonValueKind.False:
                return "False";
            case JsonValueKind.Null:
                return "None";
            case JsonValueKind.Number:
                return Number(value);
            case JsonValueKind.String:
                return ReprString(value.GetString()!);
            case JsonValueKind.Array:
                return "[" + string.Join(", ", value.EnumerateArray().Select(Repr)) + "]";
            default:
                var entries = value.EnumerateObject().Select(item => ReprString(item.Name) + ": " + Repr(item.Value));
                return "{" + string.Join(", ", entries) + "}";
        }
    }

    private static string ReprString(string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal)
            ? '"'
            : '\'';
        var result = new StringBuilder().Append(quote);
        foreach (var character in text)
        {
            _ = character switch
            {
                '\\' => result.Append(@"\\"),
                '\n' => result.Append(@"\n"),
                '\r' => result.Append(@"\r"),
                '\t' => result.Append(@"\t"),
                _ when character == quote => result.Append('\\').Append(character),
                _ when char.IsControl(character) => result.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => result.Append(character),
            };
        }

        return result.Append(quote).ToString();
    }

    private static bool IsWhiteSpace(char character) =>
        char.IsWhiteSpace(character) || character is >= '\u001c' and <= '\u001f';

    // Python lower-cases the dotted capital I to two characters, .NET to itself.
    private static string Lower(string key) =>
        key.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    /// <summary>Python compares code points; ordinal UTF-16 order puts surrogates before U+E000.</summary>
    private static int CompareCodePoints(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            if (left[i] == right[i])
            {
                continue;
            }

            var leftRank = char.IsSurrogate(left[i]) ? left[i] + 0x10000 : left[i];
            var rightRank = char.IsSurrogate(right[i]) ? right[i] + 0x10000 : right[i];
            return leftRank.CompareTo(rightRank);
        }

        return left.Length.CompareTo(right.Length);
    }
}
