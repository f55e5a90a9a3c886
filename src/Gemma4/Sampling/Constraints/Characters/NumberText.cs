using System.Globalization;
using System.Numerics;

namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>
/// Expressions for the spellings of JSON numbers within a bound, exact to the last digit. Plain decimals of any length
/// are covered, and with an exponent the normalised form that serialisers write: one digit other than 0 before the
/// point, an exponent from -99 to 99.
/// </summary>
internal static class NumberText
{
    private const int LastExponent = 99;

    private static readonly RegexTree Digit = RegexTree.Set(('0', '9'));
    private static readonly RegexTree Digits = Digit.Times(0, -1);
    private static readonly RegexTree NonZero = RegexTree.Set(('1', '9'));
    private static readonly RegexTree Zeros = Chr('0').Times(0, -1);
    private static readonly RegexTree Minus = Chr('-');
    private static readonly RegexTree Natural = RegexTree.Or(Chr('0'), RegexTree.All(NonZero, Digits));
    private static readonly RegexTree Fraction = RegexTree.All(Chr('.'), Digit.Times(1, -1)).Optional();
    private static readonly RegexTree ExponentMark = RegexTree.Set(('E', 'E'), ('e', 'e'));

    public static readonly RegexTree AnyInteger = RegexTree.All(Minus.Optional(), Natural);

    public static readonly RegexTree AnyNumber = RegexTree.All(
        AnyInteger, Fraction, RegexTree.All(ExponentMark, RegexTree.Set(('+', '+'), ('-', '-')).Optional(), Digit.Times(1, -1)).Optional());

    public static RegexTree IntegerFrom(BigInteger low) => low.Sign > 0
        ? NaturalFrom(low)
        : RegexTree.Or(Natural, RegexTree.All(Minus, NaturalTo(-low)));

    public static RegexTree IntegerTo(BigInteger high) => high.Sign >= 0
        ? RegexTree.Or(NaturalTo(high), RegexTree.All(Minus, Natural))
        : RegexTree.All(Minus, NaturalFrom(-high));

    public static RegexTree From(DecimalNumber low, bool isStrict) => low.Sign > 0 || (low.Sign == 0 && isStrict)
        ? UnsignedFrom(low, isStrict)
        : RegexTree.Or(UnsignedFrom(DecimalNumber.Zero, isStrict: false), RegexTree.All(Minus, UnsignedTo(low.Negate(), isStrict)));

    public static RegexTree To(DecimalNumber high, bool isStrict) => high.Sign < 0 || (high.Sign == 0 && isStrict)
        ? RegexTree.All(Minus, UnsignedFrom(high.Negate(), isStrict))
        : RegexTree.Or(
            RegexTree.All(Minus, UnsignedFrom(DecimalNumber.Zero, isStrict: false)), UnsignedTo(high, isStrict));

    private static RegexTree UnsignedFrom(DecimalNumber low, bool isStrict)
    {
        if (low.Sign == 0)
        {
            return isStrict
                ? RegexTree.Or(
                    RegexTree.All(NonZero, Digits, Fraction),
                    RegexTree.All(RegexTree.Text("0."), Zeros, NonZero, Digits),
                    Scaled(AnyMantissa(), -LastExponent, LastExponent))
                : RegexTree.Or(RegexTree.All(Natural, Fraction), Scaled(AnyMantissa(), -LastExponent, LastExponent));
        }

        var decade = low.Decade;
        return RegexTree.Or(
            RegexTree.All(NaturalFrom(low.Whole + 1), Fraction),
            RegexTree.All(RegexTree.Text(Spell(low.Whole)), FractionFrom(low.FractionDigits, isStrict)),
            Scaled(AnyMantissa(), decade + 1, LastExponent),
            Scaled(MantissaFrom(low.Significant, isStrict), decade, decade));
    }

    private static RegexTree UnsignedTo(DecimalNumber high, bool isStrict)
    {
        var branches = new List<RegexTree>
        {
            RegexTree.All(RegexTree.Text(Spell(high.Whole)), FractionTo(high.FractionDigits, isStrict)),
        };
        if (high.Whole.Sign > 0)
        {
            branches.Add(RegexTree.All(NaturalTo(high.Whole - 1), Fraction));
        }

        if (high.Sign > 0)
        {
            branches.Add(Scaled(AnyMantissa(), -LastExponent, high.Decade - 1));
            branches.Add(Scaled(MantissaTo(high.Significant, isStrict), high.Decade, high.Decade));
        }

        return RegexTree.Or([.. branches]);
    }

    // Everything behind the whole part that keeps the number at or above the bound's fraction.
    private static RegexTree FractionFrom(string bound, bool isStrict)
    {
        if (bound.Length == 0)
        {
            return isStrict ? RegexTree.All(Chr('.'), Zeros, NonZero, Digits) : Fraction;
        }

        return RegexTree.All(Chr('.'), DigitsFrom(bound, isStrict));
    }

    private static RegexTree FractionTo(string bound, bool isStrict)
    {
        if (bound.Length == 0)
        {
            return isStrict ? Nothing() : RegexTree.All(Chr('.'), Chr('0').Times(1, -1)).Optional();
        }

        return RegexTree.All(Chr('.'), DigitsTo(bound, isStrict, isFirst: true)).Optional();
    }

    private static RegexTree DigitsFrom(string bound, bool isStrict)
    {
        var tree = isStrict ? RegexTree.All(Zeros, NonZero, Digits) : Digits;
        for (var i = bound.Length - 1; i >= 0; i--)
        {
            var same = RegexTree.All(Chr(bound[i]), tree);
            tree = bound[i] == '9' ? same : RegexTree.Or(same, RegexTree.All(RegexTree.Set((bound[i] + 1, '9')), Digits));
        }

        return tree;
    }

    // A text that ends early is smaller, because the bound does not end with a zero.
    private static RegexTree DigitsTo(string bound, bool isStrict, bool isFirst)
    {
        var tree = isStrict ? Nothing() : Zeros;
        for (var i = bound.Length - 1; i >= 0; i--)
        {
            var branches = new List<RegexTree> { RegexTree.All(Chr(bound[i]), tree) };
            if (bound[i] != '0')
            {
                branches.Add(RegexTree.All(RegexTree.Set(('0', bound[i] - 1)), Digits));
            }

            if (i > 0 || !isFirst)
            {
                branches.Add(RegexTree.Empty);
            }

            tree = RegexTree.Or([.. branches]);
        }

        return tree;
    }

    private static RegexTree AnyMantissa() => RegexTree.All(NonZero, Fraction);

    private static RegexTree MantissaFrom(string significant, bool isStrict)
    {
        var first = significant[0];
        var same = RegexTree.All(Chr(first), FractionFrom(significant[1..], isStrict));
        return first == '9' ? same : RegexTree.Or(same, RegexTree.All(RegexTree.Set((first + 1, '9')), Fraction));
    }

    private static RegexTree MantissaTo(string significant, bool isStrict)
    {
        var first = significant[0];
        var same = RegexTree.All(Chr(first), FractionTo(significant[1..], isStrict));
        return first == '1' ? same : RegexTree.Or(same, RegexTree.All(RegexTree.Set(('1', first - 1)), Fraction));
    }

    private static RegexTree Scaled(RegexTree mantissa, int from, int to)
    {
        from = Math.Max(from, -LastExponent);
        to = Math.Min(to, LastExponent);
        if (from > to)
        {
            return Nothing();
        }

        var branches = new List<RegexTree>();
        if (to >= 0)
        {
            branches.Add(RegexTree.All(Chr('+').Optional(), Magnitude(Math.Max(from, 0), to)));
        }

        if (from < 0)
        {
            branches.Add(RegexTree.All(Minus, Magnitude(Math.Max(1, -to), -from)));
        }

        return RegexTree.All(mantissa, ExponentMark, new RegexTree.Alternation([.. branches]));
    }

    // Two digits at most: 7 may also be written 07.
    private static RegexTree Magnitude(int from, int to)
    {
        var branches = new List<RegexTree>();
        for (var ten = from / 10; ten <= to / 10; ten++)
        {
            var ones = RegexTree.Set(('0' + Math.Max(0, from - (10 * ten)), '0' + Math.Min(9, to - (10 * ten))));
            branches.Add(RegexTree.All(Chr((char)('0' + ten)), ones));
            if (ten == 0)
            {
                branches.Add(ones);
            }
        }

        return RegexTree.Or([.. branches]);
    }

    private static RegexTree NaturalFrom(BigInteger low)
    {
        var digits = Spell(low);
        if (low.IsZero)
        {
            return Natural;
        }

        // Longer, or as long and not smaller.
        var tree = RegexTree.Empty;
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            var same = RegexTree.All(Chr(digits[i]), tree);
            var rest = Digit.Times(digits.Length - 1 - i, digits.Length - 1 - i);
            tree = digits[i] == '9' ? same : RegexTree.Or(same, RegexTree.All(RegexTree.Set((digits[i] + 1, '9')), rest));
        }

        return RegexTree.Or(tree, RegexTree.All(NonZero, Digit.Times(digits.Length, -1)));
    }

    private static RegexTree NaturalTo(BigInteger high)
    {
        var digits = Spell(high);
        if (high.IsZero)
        {
            return Chr('0');
        }

        var tree = RegexTree.Empty;
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            var smallest = i == 0 ? '1' : '0';
            var same = RegexTree.All(Chr(digits[i]), tree);
            var rest = Digit.Times(digits.Length - 1 - i, digits.Length - 1 - i);
            tree = digits[i] == smallest
                ? same
                : RegexTree.Or(same, RegexTree.All(RegexTree.Set((smallest, digits[i] - 1)), rest));
        }

        var shorter = digits.Length > 1 ? RegexTree.All(NonZero, Digit.Times(0, digits.Length - 2)) : Nothing();
        return RegexTree.Or(Chr('0'), tree, shorter);
    }

    private static string Spell(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static RegexTree Nothing() => RegexTree.Set(CharSet.None);

    private static RegexTree Chr(char c) => RegexTree.Set((c, c));
}
