using System.Globalization;
using System.Numerics;

namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>A decimal number of any size, without rounding: digits times a power of ten.</summary>
internal readonly record struct DecimalNumber
{
    // A number like 1e999999999 would fill the memory when written out.
    private const int MaxExponent = 400;

    private DecimalNumber(BigInteger digits, int exponent)
    {
        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            exponent++;
        }

        Unscaled = digits;
        Exponent = digits.IsZero ? 0 : exponent;
    }

    public static DecimalNumber Zero => default;

    public BigInteger Unscaled { get; }

    /// <summary>The value is <see cref="Unscaled"/> times ten to this power; no trailing zero is left in the digits.</summary>
    public int Exponent { get; }

    public int Sign => Unscaled.Sign;

    public bool IsInteger => Exponent >= 0;

    /// <summary>The whole part of a number that is not negative.</summary>
    public BigInteger Whole => Exponent >= 0 ? Unscaled * BigInteger.Pow(10, Exponent) : Unscaled / BigInteger.Pow(10, -Exponent);

    /// <summary>The digits behind the point of a number that is not negative.</summary>
    public string FractionDigits => Exponent >= 0
        ? ""
        : (Unscaled % BigInteger.Pow(10, -Exponent)).ToString(CultureInfo.InvariantCulture).PadLeft(-Exponent, '0');

    /// <summary>All digits of a positive number, the first one not zero.</summary>
    public string Significant => Unscaled.ToString(CultureInfo.InvariantCulture);

    /// <summary>The power of ten of the first digit of a positive number.</summary>
    public int Decade => Significant.Length - 1 + Exponent;

    public static bool TryParse(string text, out DecimalNumber number)
    {
        number = default;
        var mark = text.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (mark >= 0 && (!int.TryParse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            || Math.Abs((long)exponent) > MaxExponent))
        {
            return false;
        }

        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= mantissa.Length - point - 1;
            mantissa = mantissa.Remove(point, 1);
        }

        if (mantissa.Length > MaxExponent
            || !BigInteger.TryParse(mantissa, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var digits))
        {
            return false;
        }

        number = new DecimalNumber(digits, exponent);
        return true;
    }

    public DecimalNumber Negate() => new(-Unscaled, Exponent);

    public BigInteger Floor() => IsInteger ? Whole : FloorDivide();

    public BigInteger Ceiling() => -Negate().Floor();

    private BigInteger FloorDivide()
    {
        var quotient = BigInteger.DivRem(Unscaled, BigInteger.Pow(10, -Exponent), out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }
}
