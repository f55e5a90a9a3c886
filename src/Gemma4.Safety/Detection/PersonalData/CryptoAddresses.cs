using System.Security.Cryptography;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Addresses of crypto currencies, by their own checksums.</summary>
internal static class CryptoAddresses
{
    private const string Base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private const string Bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

    private static ReadOnlySpan<uint> Generators => [0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3];

    /// <summary>The confidence that a run of letters and digits is an address; 0 when it is not.</summary>
    public static double Score(ReadOnlySpan<char> run) => run[0] switch
    {
        '1' or '3' or 'L' or 'M' or 'D' or 'T' when run.Length is >= 26 and <= 35 => IsBase58Check(run) ? 1 : 0,
        'b' or 'B' when run.Length is >= 14 and <= 74 && run.StartsWith("bc1", StringComparison.OrdinalIgnoreCase) => IsBech32(run) ? 1 : 0,
        't' or 'l' when run.Length is >= 14 and <= 74 && (run.StartsWith("tb1") || run.StartsWith("ltc1")) => IsBech32(run) ? 1 : 0,
        '0' when run.Length == 42 && run[1] == 'x' => EthereumScore(run[2..]),
        _ => 0,
    };

    private static bool IsBase58Check(ReadOnlySpan<char> run)
    {
        Span<byte> bytes = stackalloc byte[25];
        bytes.Clear();
        foreach (var character in run)
        {
            var carry = Base58.IndexOf(character);
            if (carry < 0)
            {
                return false;
            }

            for (var index = bytes.Length - 1; index >= 0; index--)
            {
                carry += bytes[index] * 58;
                bytes[index] = (byte)carry;
                carry >>= 8;
            }

            if (carry != 0)
            {
                return false;
            }
        }

        // Bitcoin, Litecoin, Dogecoin and Tron; test networks are nobody's.
        if (bytes[0] is not (0x00 or 0x05 or 0x30 or 0x32 or 0x1E or 0x16 or 0x41))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes[..21], hash);
        SHA256.HashData(hash, hash);
        return hash[..4].SequenceEqual(bytes[21..]);
    }

    // Both the first checksum constant (1) and that of Taproot (bech32m).
    private static bool IsBech32(ReadOnlySpan<char> run)
    {
        var hasUpper = run.IndexOfAnyInRange('A', 'Z') >= 0;
        var separator = run.LastIndexOf('1');
        if ((hasUpper && run.IndexOfAnyInRange('a', 'z') >= 0) || separator < 1 || run.Length - separator < 7)
        {
            return false;
        }

        var check = 1U;
        foreach (var character in run[..separator])
        {
            check = Step(check, (uint)char.ToLowerInvariant(character) >> 5);
        }

        check = Step(check, 0);
        foreach (var character in run[..separator])
        {
            check = Step(check, (uint)char.ToLowerInvariant(character) & 31);
        }

        foreach (var character in run[(separator + 1)..])
        {
            var value = Bech32.IndexOf(char.ToLowerInvariant(character));
            if (value < 0)
            {
                return false;
            }

            check = Step(check, (uint)value);
        }

        return check is 1 or 0x2BC830A3;
    }

    private static uint Step(uint check, uint value)
    {
        var top = check >> 25;
        check = ((check & 0x1FFFFFF) << 5) ^ value;
        for (var bit = 0; bit < 5; bit++)
        {
            check ^= (top >> bit & 1) != 0 ? Generators[bit] : 0;
        }

        return check;
    }

    // One case throughout carries no checksum; mixed case must spell it (EIP-55).
    private static double EthereumScore(ReadOnlySpan<char> hex)
    {
        if (hex.IndexOfAnyExcept(HexDigits) >= 0)
        {
            return 0;
        }

        if (hex.IndexOfAnyInRange('a', 'f') < 0 || hex.IndexOfAnyInRange('A', 'F') < 0)
        {
            return 0.7;
        }

        Span<byte> lower = stackalloc byte[40];
        for (var index = 0; index < 40; index++)
        {
            lower[index] = (byte)char.ToLowerInvariant(hex[index]);
        }

        Span<byte> hash = stackalloc byte[32];
        Keccak256.HashBlock(lower, hash);
        for (var index = 0; index < 40; index++)
        {
            var isHigh = (index % 2 == 0 ? hash[index / 2] >> 4 : hash[index / 2] & 15) >= 8;
            if (char.IsAsciiLetter(hex[index]) && char.IsAsciiLetterUpper(hex[index]) != isHigh)
            {
                return 0;
            }
        }

        return 1;
    }

    private static System.Buffers.SearchValues<char> HexDigits { get; } = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
