using System.Buffers;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>National numbers of Europe, each by its own rule.</summary>
internal static class EuropeanChecks
{
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
    private const string FinnishLetters = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private const string IrishLetters = "WABCDEFGHIJKLMNOPQRSTUV";

    private static SearchValues<char> NotInIdCards { get; } = SearchValues.Create("ABDEIOQSU");

    private static ReadOnlySpan<byte> ItalianOdd =>
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

    public static bool UkNhs(ReadOnlySpan<char> v)
    {
        var check = 11 - Checksums.Weighted(v, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        return (check == 11 ? 0 : check) == v[9] - '0' && !Checksums.AllSame(v);
    }

    public static bool UkNino(ReadOnlySpan<char> v) =>
        "DFIQUV".IndexOf(v[0]) < 0 && "DFIQUVO".IndexOf(v[1]) < 0 && v[^1] is >= 'A' and <= 'D'
        && v[..2] is not ("BG" or "GB" or "KN" or "NK" or "NT" or "TN" or "ZZ");

    /// <summary>Eleven digits, ISO 7064 check digit, one digit of the first ten twice or three times.</summary>
    public static bool GermanTaxId(ReadOnlySpan<char> v)
    {
        if (v[0] == '0' || !Checksums.Mod11And10(v))
        {
            return false;
        }

        Span<int> counts = stackalloc int[10];
        foreach (var digit in v[..10])
        {
            counts[digit - '0']++;
        }

        var repeated = 0;
        foreach (var count in counts)
        {
            repeated += count is 2 or 3 ? 1 : count > 3 ? 10 : 0;
        }

        return repeated == 1;
    }

    /// <summary>Identity card: nine characters and a digit by weights 7, 3, 1.</summary>
    public static bool GermanIdCard(ReadOnlySpan<char> v)
    {
        if (v.IndexOfAny(NotInIdCards) >= 0 || !"CFGHJKLMNPRTVWXYZ".Contains(v[0]) || !char.IsAsciiDigit(v[9]))
        {
            return false;
        }

        var sum = 0;
        for (var index = 0; index < 9; index++)
        {
            sum += (char.IsAsciiDigit(v[index]) ? v[index] - '0' : v[index] - 'A' + 10) * (index % 3) switch { 0 => 7, 1 => 3, _ => 1 };
        }

        return sum % 10 == v[9] - '0';
    }

    public static bool GermanVat(ReadOnlySpan<char> v) => v[2] != '0' && Checksums.Mod11And10(v[2..]);

    public static bool AustrianSocial(ReadOnlySpan<char> v) =>
        v[0] != '0' && Checksums.Weighted(v, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == v[3] - '0'
        && Checksums.IsMonthDay(v.Slice(6, 2), v.Slice(4, 2));

    public static bool SwissAhv(ReadOnlySpan<char> v) =>
        v.StartsWith("756") && Checksums.WeightedIsZero(v, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1], 10);

    public static bool FrenchNir(ReadOnlySpan<char> v)
    {
        if (v[0] is not ('1' or '2' or '3' or '4' or '7' or '8') || Checksums.Number(v.Slice(3, 2)) is 0 or > 99)
        {
            return false;
        }

        var body = v[5] == '2' && v[6] is 'A' or 'B'
            ? Checksums.Number(v[..5]) * 100_000_000 + (v[6] == 'A' ? 19_000_000 : 18_000_000) + Checksums.Number(v.Slice(7, 6))
            : char.IsAsciiDigit(v[6]) ? Checksums.Number(v[..13]) : -1;
        return body >= 0 && 97 - body % 97 == Checksums.Number(v.Slice(13, 2));
    }

    public static bool SpanishDni(ReadOnlySpan<char> v) => SpanishLetters[(int)(Checksums.Number(v[..8]) % 23)] == v[8];

    public static bool SpanishNie(ReadOnlySpan<char> v) =>
        v[0] is >= 'X' and <= 'Z'
        && SpanishLetters[(int)(((v[0] - 'X') * 10_000_000 + Checksums.Number(v.Slice(1, 7))) % 23)] == v[8];

    public static bool ItalianFiscal(ReadOnlySpan<char> v)
    {
        if (!"ABCDEHLMPRST".Contains(v[8]))
        {
            return false;
        }

        var sum = 0;
        for (var index = 0; index < 15; index++)
        {
            var place = char.IsAsciiDigit(v[index]) ? v[index] - '0' : v[index] - 'A';
            sum += index % 2 == 0 ? ItalianOdd[place] : place;
        }

        return v[15] == 'A' + sum % 26;
    }

    public static bool ItalianVat(ReadOnlySpan<char> v) => Checksums.Luhn(v) && !Checksums.AllSame(v);

    public static bool PolishPesel(ReadOnlySpan<char> v) =>
        Checksums.WeightedIsZero(v, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], 10)
        && Checksums.Number(v.Slice(2, 2)) % 20 is >= 1 and <= 12 && Checksums.Number(v.Slice(4, 2)) is >= 1 and <= 31;

    public static bool PolishNip(ReadOnlySpan<char> v) =>
        Checksums.Weighted(v, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == v[9] - '0' && !Checksums.AllSame(v);

    public static bool DutchBsn(ReadOnlySpan<char> v) =>
        (Checksums.Weighted(v, [9, 8, 7, 6, 5, 4, 3, 2]) - (v[8] - '0')) % 11 == 0 && !Checksums.AllSame(v);

    public static bool BelgianNational(ReadOnlySpan<char> v)
    {
        var body = Checksums.Number(v[..9]);
        var check = Checksums.Number(v[9..]);
        return Checksums.Number(v.Slice(2, 2)) % 20 <= 12 && Checksums.Number(v.Slice(4, 2)) <= 31
            && (97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check);
    }

    public static bool Swedish(ReadOnlySpan<char> v)
    {
        var ten = v[^10..];
        var day = Checksums.Number(ten.Slice(4, 2));
        return Checksums.Luhn(ten) && Checksums.Number(ten.Slice(2, 2)) is >= 1 and <= 12
            && day is (>= 1 and <= 31) or (>= 61 and <= 91);
    }

    public static bool FinnishHetu(ReadOnlySpan<char> v) =>
        Checksums.IsMonthDay(v.Slice(2, 2), v[..2]) && v[7..10].IndexOfAnyExceptInRange('0', '9') < 0
        && FinnishLetters[(int)((Checksums.Number(v[..6]) * 1000 + Checksums.Number(v[7..10])) % 31)] == v[10];

    public static bool Norwegian(ReadOnlySpan<char> v) =>
        Checksums.WeightedIsZero(v, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1], 11)
        && Checksums.WeightedIsZero(v, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11)
        && Checksums.Number(v.Slice(2, 2)) % 40 is >= 1 and <= 12 && Checksums.Number(v[..2]) % 40 is >= 1 and <= 31;

    public static bool DanishCpr(ReadOnlySpan<char> v) => Checksums.IsMonthDay(v.Slice(2, 2), v[..2]);

    public static bool PortugueseNif(ReadOnlySpan<char> v)
    {
        var check = 11 - Checksums.Weighted(v, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        return v[0] is not ('0' or '4') && (check >= 10 ? 0 : check) == v[8] - '0' && !Checksums.AllSame(v);
    }

    public static bool IrishPps(ReadOnlySpan<char> v)
    {
        var sum = Checksums.Weighted(v, [8, 7, 6, 5, 4, 3, 2]) + (v.Length > 8 && v[8] != 'W' ? (v[8] - 'A' + 1) * 9 : 0);
        return IrishLetters[sum % 23] == v[7];
    }

    public static bool CzechBirthNumber(ReadOnlySpan<char> v)
    {
        var month = Checksums.Number(v.Slice(2, 2)) % 50;
        return Checksums.Number(v) % 11 == 0 && (month is >= 1 and <= 12 or >= 21 and <= 32)
            && Checksums.Number(v.Slice(4, 2)) is >= 1 and <= 31;
    }

    public static bool RomanianCnp(ReadOnlySpan<char> v)
    {
        var check = Checksums.Weighted(v, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        return v[0] != '0' && (check == 10 ? 1 : check) == v[12] - '0' && Checksums.IsMonthDay(v.Slice(3, 2), v.Slice(5, 2));
    }

    public static bool BulgarianEgn(ReadOnlySpan<char> v) =>
        Checksums.Weighted(v, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == v[9] - '0'
        && Checksums.Number(v.Slice(2, 2)) % 20 is >= 1 and <= 12 && Checksums.Number(v.Slice(4, 2)) is >= 1 and <= 31;

    public static bool CroatianOib(ReadOnlySpan<char> v) => Checksums.Mod11And10(v) && !Checksums.AllSame(v);

    /// <summary>Estonia and Lithuania share the code: two rounds of weights.</summary>
    public static bool Baltic(ReadOnlySpan<char> v)
    {
        var check = Checksums.Weighted(v, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
        check = check == 10 ? Checksums.Weighted(v, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10 : check;
        return v[0] is >= '1' and <= '6' && check == v[10] - '0' && Checksums.IsMonthDay(v.Slice(3, 2), v.Slice(5, 2));
    }

    public static bool GreekAmka(ReadOnlySpan<char> v) => Checksums.Luhn(v) && Checksums.IsMonthDay(v.Slice(2, 2), v[..2]);

    public static bool TurkishId(ReadOnlySpan<char> v)
    {
        var odd = Checksums.Weighted(v, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
        var even = Checksums.Weighted(v, [0, 1, 0, 1, 0, 1, 0, 1]);
        return v[0] != '0' && ((odd * 7 - even) % 10 + 10) % 10 == v[9] - '0'
            && (odd + even + v[9] - '0') % 10 == v[10] - '0';
    }
}
