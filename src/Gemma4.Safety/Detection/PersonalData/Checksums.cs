namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Check digits that several kinds of numbers share.</summary>
internal static class Checksums
{
    private static ReadOnlySpan<byte> VerhoeffProduct =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
        1, 2, 3, 4, 0, 6, 7, 8, 9, 5,
        2, 3, 4, 0, 1, 7, 8, 9, 5, 6,
        3, 4, 0, 1, 2, 8, 9, 5, 6, 7,
        4, 0, 1, 2, 3, 9, 5, 6, 7, 8,
        5, 9, 8, 7, 6, 0, 4, 3, 2, 1,
        6, 5, 9, 8, 7, 1, 0, 4, 3, 2,
        7, 6, 5, 9, 8, 2, 1, 0, 4, 3,
        8, 7, 6, 5, 9, 3, 2, 1, 0, 4,
        9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    ];

    private static ReadOnlySpan<byte> VerhoeffPermutation =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
        1, 5, 7, 6, 2, 8, 3, 0, 9, 4,
        5, 8, 0, 3, 7, 9, 6, 1, 4, 2,
        8, 9, 1, 6, 0, 4, 3, 5, 2, 7,
        9, 4, 5, 3, 1, 2, 6, 8, 7, 0,
        4, 2, 8, 6, 5, 7, 3, 9, 0, 1,
        2, 7, 9, 3, 8, 0, 6, 4, 1, 5,
        7, 0, 4, 6, 9, 1, 3, 2, 5, 8,
    ];

    public static bool Luhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = digits[^(index + 1)] - '0';
            if (digit is < 0 or > 9)
            {
                return false;
            }

            digit = index % 2 == 0 ? digit : digit * 2;
            sum += digit > 9 ? digit - 9 : digit;
        }

        return sum % 10 == 0;
    }

    public static bool Verhoeff(ReadOnlySpan<char> digits)
    {
        var check = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = digits[^(index + 1)] - '0';
            check = VerhoeffProduct[check * 10 + VerhoeffPermutation[index % 8 * 10 + digit]];
        }

        return check == 0;
    }

    /// <summary>ISO 7064 mod 97-10 over a value whose first four characters move to its end, as IBAN does.</summary>
    public static bool Iban(ReadOnlySpan<char> value)
    {
        var remainder = Mod97(value[..4], Mod97(value[4..], 0));
        return remainder == 1;
    }

    /// <summary>The remainder of digits and letters (A is 10) by 97, carried on from an earlier part.</summary>
    public static int Mod97(ReadOnlySpan<char> value, int remainder)
    {
        foreach (var character in value)
        {
            remainder = char.IsAsciiDigit(character)
                ? (remainder * 10 + character - '0') % 97
                : (remainder * 100 + character - 'A' + 10) % 97;
        }

        return remainder;
    }

    /// <summary>The sum of digits times weights; digits beyond the weights do not count.</summary>
    public static int Weighted(ReadOnlySpan<char> digits, ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        for (var index = 0; index < weights.Length && index < digits.Length; index++)
        {
            sum += (digits[index] - '0') * weights[index];
        }

        return sum;
    }

    /// <summary>ISO 7064 mod 11,10: the last digit checks the others.</summary>
    public static bool Mod11And10(ReadOnlySpan<char> digits)
    {
        var product = 10;
        foreach (var digit in digits[..^1])
        {
            var sum = (digit - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        return (11 - product) % 10 == digits[^1] - '0';
    }

    public static bool AllSame(ReadOnlySpan<char> value) => value.IndexOfAnyExcept(value[0]) < 0;

    public static long Number(ReadOnlySpan<char> digits)
    {
        var number = 0L;
        foreach (var digit in digits)
        {
            number = number * 10 + digit - '0';
        }

        return number;
    }

    /// <summary>Whether month and day, two digits each, name a day; days up to 31 in any month.</summary>
    public static bool IsMonthDay(ReadOnlySpan<char> month, ReadOnlySpan<char> day) =>
        Number(month) is >= 1 and <= 12 && Number(day) is >= 1 and <= 31;

    /// <summary>The last digit makes the weighted sum of all digits a multiple of the modulus.</summary>
    public static bool WeightedIsZero(ReadOnlySpan<char> digits, ReadOnlySpan<byte> weights, int modulus) =>
        Weighted(digits, weights) % modulus == 0;
}
