using System.Numerics;

namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>Plain decimal spellings of the multiples of a number: long division, digit by digit.</summary>
internal static class MultipleText
{
    private const int MaxStates = 8_000;

    /// <summary>Null when the division has too many states.</summary>
    public static CharAutomaton? Automaton(DecimalNumber step, ConstraintBudget budget, string what)
    {
        // As many digits behind the point as the step has; counted in units of the last one.
        var places = Math.Max(0, -step.Exponent);
        var unit = step.Unscaled * BigInteger.Pow(10, Math.Max(0, step.Exponent));
        if (unit * (places + 2) > MaxStates)
        {
            return null;
        }

        var modulus = (int)unit;
        var scale = new int[places + 1];
        scale[places] = 1 % modulus;
        for (var i = places - 1; i >= 0; i--)
        {
            scale[i] = scale[i + 1] * 10 % modulus;
        }

        // 0 start, 1 behind the sign, 2 a leading zero; then [0, remainder] before the point and [place, remainder] behind
        // it, and last the zeros behind the last place that counts.
        const int First = 3;
        var states = new List<(int, List<CharEdge>)>();
        int At(int place, int remainder) => First + (place * modulus) + remainder;
        var point = At(places + 1, 0);
        var zeros = point + 1;
        List<CharEdge> firstDigits = [new CharEdge('0', '0', 2)];
        for (var digit = 1; digit <= 9; digit++)
        {
            firstDigits.Add(new CharEdge('0' + digit, '0' + digit, At(0, digit % modulus)));
        }

        states.Add((0, [new CharEdge('-', '-', 1), .. firstDigits]));
        states.Add((0, firstDigits));
        states.Add((1, [PointEdge(0)]));
        for (var place = 0; place <= places; place++)
        {
            for (var remainder = 0; remainder < modulus; remainder++)
            {
                budget.Spend(10, what);
                var edges = new List<CharEdge>();
                if (place == 0)
                {
                    edges.Add(PointEdge(remainder));
                }

                if (place == places && places > 0)
                {
                    if (remainder == 0)
                    {
                        edges.Add(new CharEdge('0', '0', zeros));
                    }
                }
                else
                {
                    for (var digit = 0; digit <= 9; digit++)
                    {
                        if (place == 0)
                        {
                            edges.Add(new CharEdge('0' + digit, '0' + digit, At(0, ((remainder * 10) + digit) % modulus)));
                        }
                        else
                        {
                            edges.Add(new CharEdge('0' + digit, '0' + digit, At(place + 1, ((remainder * 10) + digit) % modulus)));
                        }
                    }
                }

                var isMultiple = (long)remainder * scale[place] % modulus == 0;
                states.Add((isMultiple ? 1 : 0, edges));
            }
        }

        states.Add((0, [new CharEdge('0', '0', zeros)]));
        states.Add((1, [new CharEdge('0', '0', zeros)]));
        var points = AddPoints();
        return AutomatonBuilder.Trim(points);

        // Behind the point a digit must come, so each remainder has a state for the bare point.
        CharEdge PointEdge(int remainder) => new('.', '.', zeros + 1 + remainder);

        List<(int, List<CharEdge>)> AddPoints()
        {
            for (var remainder = 0; remainder < modulus; remainder++)
            {
                var edges = new List<CharEdge>();
                if (places == 0)
                {
                    if (remainder == 0)
                    {
                        edges.Add(new CharEdge('0', '0', zeros));
                    }
                }
                else
                {
                    for (var digit = 0; digit <= 9; digit++)
                    {
                        edges.Add(new CharEdge('0' + digit, '0' + digit, At(1, ((remainder * 10) + digit) % modulus)));
                    }
                }

                states.Add((0, edges));
            }

            return states;
        }
    }
}
