using System.Buffers;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>National numbers of the Americas, each by its own rule.</summary>
internal static class AmericanChecks
{
    private const string CurpAlphabet = "0123456789ABCDEFGHIJKLMN\u00D1OPQRSTUVWXYZ";

    private static SearchValues<char> LikeDigits { get; } = SearchValues.Create("SLOIBZ");

    public static bool UsSsn(ReadOnlySpan<char> v) =>
        v[0] != '9' && v[..3] is not ("000" or "666") && v.Slice(3, 2) is not "00" && v[5..] is not "0000"
        && v is not ("078051120" or "219099999" or "123456789");

    public static bool UsItin(ReadOnlySpan<char> v) =>
        v[0] == '9' && Checksums.Number(v.Slice(3, 2)) is (>= 50 and <= 65) or (>= 70 and <= 88) or (>= 90 and <= 92) or (>= 94 and <= 99);

    public static bool UsRouting(ReadOnlySpan<char> v) =>
        Checksums.WeightedIsZero(v, [3, 7, 1, 3, 7, 1, 3, 7, 1], 10)
        && Checksums.Number(v[..2]) is (>= 1 and <= 12) or (>= 21 and <= 32) or (>= 61 and <= 72) or 80;

    /// <summary>Medicare number: eleven places, each with its own class, without the letters that look like digits.</summary>
    public static bool UsMedicare(ReadOnlySpan<char> v) =>
        v[0] is >= '1' and <= '9' && v.IndexOfAny(LikeDigits) < 0 && char.IsAsciiLetter(v[1]) && char.IsAsciiDigit(v[3])
        && char.IsAsciiLetter(v[4]) && char.IsAsciiDigit(v[6]) && char.IsAsciiLetter(v[7]) && char.IsAsciiLetter(v[8]);

    public static bool UsNpi(ReadOnlySpan<char> v)
    {
        Span<char> prefixed = stackalloc char[15];
        "80840".CopyTo(prefixed);
        v.CopyTo(prefixed[5..]);
        return v[0] is '1' or '2' && Checksums.Luhn(prefixed);
    }

    public static bool UsDea(ReadOnlySpan<char> v) =>
        "ABCDEFGHJKLMPRSTUX".Contains(v[0])
        && (Checksums.Weighted(v[2..], [1, 0, 1, 0, 1, 0]) + 2 * Checksums.Weighted(v[2..], [0, 1, 0, 1, 0, 1])) % 10 == v[8] - '0';

    public static bool CanadianSin(ReadOnlySpan<char> v) => v[0] is not ('0' or '8') && Checksums.Luhn(v);

    public static bool BrazilianCpf(ReadOnlySpan<char> v) =>
        !Checksums.AllSame(v)
        && Check(Checksums.Weighted(v, [10, 9, 8, 7, 6, 5, 4, 3, 2])) == v[9] - '0'
        && Check(Checksums.Weighted(v, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == v[10] - '0';

    public static bool BrazilianCnpj(ReadOnlySpan<char> v) =>
        !Checksums.AllSame(v)
        && Check(Checksums.Weighted(v, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == v[12] - '0'
        && Check(Checksums.Weighted(v, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == v[13] - '0';

    public static bool MexicanCurp(ReadOnlySpan<char> v)
    {
        if (v[10] is not ('H' or 'M' or 'X') || !Checksums.IsMonthDay(v.Slice(6, 2), v.Slice(8, 2)))
        {
            return false;
        }

        var sum = 0;
        for (var index = 0; index < 17; index++)
        {
            sum += CurpAlphabet.IndexOf(v[index]) * (18 - index);
        }

        return (10 - sum % 10) % 10 == v[17] - '0';
    }

    public static bool MexicanRfc(ReadOnlySpan<char> v) => Checksums.IsMonthDay(v.Slice(6, 2), v.Slice(8, 2));

    public static bool ArgentinianCuit(ReadOnlySpan<char> v)
    {
        var check = 11 - Checksums.Weighted(v, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        return v[..2] is "20" or "23" or "24" or "27" or "30" or "33" or "34" && (check == 11 ? 0 : check) == v[10] - '0';
    }

    public static bool ChileanRut(ReadOnlySpan<char> v)
    {
        var sum = 0;
        for (var index = 0; index < v.Length - 1; index++)
        {
            if (!char.IsAsciiDigit(v[index]))
            {
                return false;
            }

            sum += (v[^(index + 2)] - '0') * (2 + index % 6);
        }

        var check = 11 - sum % 11;
        return v[^1] == check switch { 11 => '0', 10 => 'K', _ => (char)('0' + check) };
    }

    private static int Check(int sum) => sum % 11 < 2 ? 0 : 11 - sum % 11;
}
