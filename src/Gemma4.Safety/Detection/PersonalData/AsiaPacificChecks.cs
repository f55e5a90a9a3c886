namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>National numbers of Asia, Oceania and Africa, each by its own rule.</summary>
internal static class AsiaPacificChecks
{
    private const string TaiwanLetters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"; // the letter's place plus 10 is its value

    public static bool IndianAadhaar(ReadOnlySpan<char> v) => v[0] >= '2' && Checksums.Verhoeff(v) && !Checksums.AllSame(v);

    public static bool IndianPan(ReadOnlySpan<char> v) => "PCHFATBLJG".Contains(v[3]);

    public static bool AustralianTfn(ReadOnlySpan<char> v) =>
        Checksums.WeightedIsZero(v, [1, 4, 3, 7, 5, 8, 6, 9, 10], 11) && !Checksums.AllSame(v);

    public static bool AustralianAbn(ReadOnlySpan<char> v) =>
        v[0] != '0' && (Checksums.Weighted(v, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 == 0;

    public static bool AustralianMedicare(ReadOnlySpan<char> v) =>
        v[0] is >= '2' and <= '6' && Checksums.Weighted(v, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 == v[8] - '0';

    public static bool NewZealandIrd(ReadOnlySpan<char> v)
    {
        Span<char> nine = stackalloc char[9];
        nine[0] = '0';
        v.CopyTo(nine[(9 - v.Length)..]);
        var number = Checksums.Number(v);
        var check = Mod11(nine, [3, 2, 7, 6, 5, 4, 3, 2]);
        check = check == 10 ? Mod11(nine, [7, 4, 3, 2, 5, 2, 7, 6]) : check;
        return number is >= 10_000_000 and <= 150_000_000 && check == nine[8] - '0';
    }

    public static bool SingaporeNric(ReadOnlySpan<char> v)
    {
        var sum = Checksums.Weighted(v[1..], [2, 7, 6, 5, 4, 3, 2]);
        return v[0] switch
        {
            'S' => "JZIHGFEDCBA"[sum % 11] == v[8],
            'T' => "JZIHGFEDCBA"[(sum + 4) % 11] == v[8],
            'F' => "XWUTRQPNMLK"[sum % 11] == v[8],
            'G' => "XWUTRQPNMLK"[(sum + 4) % 11] == v[8],
            _ => false,
        };
    }

    public static bool JapaneseMyNumber(ReadOnlySpan<char> v)
    {
        var rest = Checksums.Weighted(v, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        return (rest <= 1 ? 0 : 11 - rest) == v[11] - '0' && !Checksums.AllSame(v);
    }

    public static bool KoreanRrn(ReadOnlySpan<char> v) =>
        (11 - Checksums.Weighted(v, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10 == v[12] - '0'
        && Checksums.IsMonthDay(v.Slice(2, 2), v.Slice(4, 2));

    public static bool ChineseId(ReadOnlySpan<char> v) =>
        v[..17].IndexOfAnyExceptInRange('0', '9') < 0 && v.Slice(6, 2) is "19" or "20" && Checksums.IsMonthDay(v.Slice(10, 2), v.Slice(12, 2))
        && "10X98765432"[Checksums.Weighted(v, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] == v[17];

    public static bool TaiwaneseId(ReadOnlySpan<char> v)
    {
        var letter = TaiwanLetters.IndexOf(v[0]) + 10;
        return v[1] is '1' or '2'
            && (letter / 10 + letter % 10 * 9 + Checksums.Weighted(v[1..], [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 == 0;
    }

    public static bool HongKongId(ReadOnlySpan<char> v)
    {
        var sum = 36 * 9 + (v[0] - 'A' + 10) * 8 + Checksums.Weighted(v[1..], [7, 6, 5, 4, 3, 2]);
        var check = (11 - sum % 11) % 11;
        return v[7] == (check == 10 ? 'A' : (char)('0' + check));
    }

    public static bool ThaiId(ReadOnlySpan<char> v) =>
        v[0] != '0' && (11 - Checksums.Weighted(v, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == v[12] - '0';

    public static bool SouthAfricanId(ReadOnlySpan<char> v) =>
        Checksums.Luhn(v) && v[10] is '0' or '1' or '2' && Checksums.IsMonthDay(v.Slice(2, 2), v.Slice(4, 2));

    public static bool IsraeliId(ReadOnlySpan<char> v)
    {
        var sum = 0;
        for (var index = 0; index < 9; index++)
        {
            var step = (v[index] - '0') * (1 + index % 2);
            sum += step > 9 ? step - 9 : step;
        }

        return sum % 10 == 0 && !Checksums.AllSame(v);
    }

    private static int Mod11(ReadOnlySpan<char> digits, ReadOnlySpan<byte> weights)
    {
        var rest = Checksums.Weighted(digits, weights) % 11;
        return rest == 0 ? 0 : 11 - rest;
    }
}
