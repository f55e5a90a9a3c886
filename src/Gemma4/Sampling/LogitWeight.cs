namespace Gemma4.Sampling;

/// <summary>Turns a logit into an unnormalised probability; the largest logit weighs exactly 1.</summary>
internal static class LogitWeight
{
    public static double Of(float logit, float largest, float temperature)
    {
        // Equality first: infinity minus infinity is not a number.
        return logit == largest
            ? 1
            : PortableExponential.OfNonPositive(((double)logit - largest) / temperature);
    }
}
