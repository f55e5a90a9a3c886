namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Numbers that are the same the world over.</summary>
internal static class GlobalChecks
{
    // Country and length of its IBANs.
    private const string IbanLengths =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22"
        + "GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27"
        + "MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

    private static ReadOnlySpan<byte> VinWeights => [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

    /// <summary>The length of the country's IBANs, or 0 for a country without.</summary>
    public static int IbanLength(char first, char second)
    {
        for (var index = 0; index < IbanLengths.Length; index += 4)
        {
            if (IbanLengths[index] == first && IbanLengths[index + 1] == second)
            {
                return (IbanLengths[index + 2] - '0') * 10 + IbanLengths[index + 3] - '0';
            }
        }

        return 0;
    }

    /// <summary>A payment card: a known issuer's prefix, a length that issuer uses and the Luhn digit.</summary>
    public static bool Card(ReadOnlySpan<char> value)
    {
        var length = value.Length;
        var six = (int)Checksums.Number(value[..6]);
        var two = six / 10_000;
        var three = six / 1_000;
        var four = six / 100;
        var isIssued = (two, three, four) switch
        {
            ( >= 40 and <= 49, _, _) => length is 13 or 16 or 19,
            ( >= 51 and <= 55, _, _) => length == 16,
            (_, _, >= 2221 and <= 2720) => length == 16,
            (34 or 37, _, _) => length == 15,
            (_, >= 300 and <= 305, _) or (_, 309, _) => length is 14 or 16,
            (36 or 38 or 39, _, _) => length is >= 14 and <= 19,
            (_, _, 2131 or 1800) => length == 15,
            (_, _, >= 3528 and <= 3589) => length is >= 16 and <= 19,
            (_, _, >= 2200 and <= 2204) => length is >= 16 and <= 19,
            (50, _, _) or ( >= 56 and <= 69, _, _) => length is >= 12 and <= 19,
            _ => false,
        };

        return isIssued && Checksums.Luhn(value) && !Checksums.AllSame(value);
    }

    /// <summary>A number with the Luhn digit whose issuer is not in our list; lists age.</summary>
    public static bool CardOfAnyIssuer(ReadOnlySpan<char> value) =>
        value[0] is >= '2' and <= '6' && Checksums.Luhn(value) && !Checksums.AllSame(value);

    /// <summary>A vehicle number with the check character that North American and Chinese makers use.</summary>
    public static bool Vin(ReadOnlySpan<char> value)
    {
        if (!VinStructure(value))
        {
            return false;
        }

        var sum = 0;
        for (var index = 0; index < 17; index++)
        {
            sum += VinValue(value[index]) * VinWeights[index];
        }

        return value[8] == (sum % 11 == 10 ? 'X' : (char)('0' + sum % 11));
    }

    /// <summary>A vehicle number by its alphabet alone: no I, O, Q, with letters and digits, the last four digits.</summary>
    public static bool VinStructure(ReadOnlySpan<char> value) =>
        value.IndexOfAny("IOQ") < 0 && value.IndexOfAnyInRange('A', 'Z') >= 0
        && value[^4..].IndexOfAnyExceptInRange('0', '9') < 0 && !Checksums.AllSame(value);

    public static bool Imei(ReadOnlySpan<char> value) => Checksums.Luhn(value) && !Checksums.AllSame(value);

    public static bool Iccid(ReadOnlySpan<char> value) => value.StartsWith("89") && Checksums.Luhn(value);

    /// <summary>A bank identifier: positions 5 and 6 are a country that has IBANs, or one of the large ones that has none.</summary>
    public static bool Bic(ReadOnlySpan<char> value) =>
        IbanLength(value[4], value[5]) > 0 || value.Slice(4, 2) is "US" or "CA" or "AU" or "NZ" or "JP" or "CN" or "IN" or "SG" or "HK" or "KR" or "ZA" or "MX" or "AR" or "TH";

    public static bool Any(ReadOnlySpan<char> value) => true;

    public static bool NotUniform(ReadOnlySpan<char> value) => !Checksums.AllSame(value);

    private static int VinValue(char character) => character switch
    {
        >= '0' and <= '9' => character - '0',
        >= 'A' and <= 'H' => character - 'A' + 1,
        >= 'J' and <= 'N' => character - 'J' + 1,
        'P' => 7,
        'R' => 9,
        _ => character - 'S' + 2,
    };
}
