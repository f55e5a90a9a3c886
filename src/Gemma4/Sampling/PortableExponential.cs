namespace Gemma4.Sampling;

/// <summary>
/// e^x that is the same bit pattern on every machine. Math.Exp calls the platform's C library, whose last bit differs
/// between systems, and one bit can move a draw to another token. Only additions, multiplications and bit operations
/// are used; .NET never fuses them into multiply-add by itself, so each is the exactly rounded IEEE operation.
/// </summary>
internal static class PortableExponential
{
    private const double Log2E = 1.4426950408889634;

    // ln 2 in two parts; the first has enough trailing zero bits that its product with the exponent is exact.
    private const double Ln2High = 0.693147180369123816490;
    private const double Ln2Low = 1.90821492927058770002e-10;

    // Below this the result is far too small to matter beside a largest weight of 1, and would become subnormal.
    private const double Smallest = -700;

    /// <summary>e^x for x at most 0, within 2 units in the last place; 0 below -700.</summary>
    public static double OfNonPositive(double x)
    {
        if (!(x >= Smallest))
        {
            return 0;
        }

        var exponent = (int)((x * Log2E) - 0.5);
        var r = (x - (exponent * Ln2High)) - (exponent * Ln2Low);

        // Taylor series; |r| <= ln 2 / 2, so the first missing term is below 1e-17.
        var p = 1.0 / 6227020800;
        p = (p * r) + (1.0 / 479001600);
        p = (p * r) + (1.0 / 39916800);
        p = (p * r) + (1.0 / 3628800);
        p = (p * r) + (1.0 / 362880);
        p = (p * r) + (1.0 / 40320);
        p = (p * r) + (1.0 / 5040);
        p = (p * r) + (1.0 / 720);
        p = (p * r) + (1.0 / 120);
        p = (p * r) + (1.0 / 24);
        p = (p * r) + (1.0 / 6);
        p = (p * r) + 0.5;
        p = (p * r) + 1;
        p = (p * r) + 1;
        return p * BitConverter.Int64BitsToDouble((long)(exponent + 1023) << 52);
    }
}
