using System.Runtime.InteropServices;

namespace Gemma4.Testing;

/// <summary>The checks of the conformance suite, free of any test framework.</summary>
internal static class Expect
{
    public static void True(bool condition, string statement)
    {
        if (!condition)
        {
            throw new ConformanceException(statement);
        }
    }

    public static void Equal(int expected, int actual, string what) =>
        True(expected == actual, FormattableString.Invariant($"{what} must be {expected}; it is {actual}."));

    /// <summary>The action must throw the type or one derived from it.</summary>
    public static void Throws<T>(Action action, string what)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            return;
        }
        catch (Exception exception)
        {
            throw new ConformanceException(
                $"{what} must throw {typeof(T).Name}; it threw {exception.GetType().Name}: {exception.Message}",
                exception);
        }

        throw new ConformanceException($"{what} must throw {typeof(T).Name}; it threw nothing.");
    }

    /// <summary>The asynchronous action must throw the type or one derived from it.</summary>
    public static async Task ThrowsAsync<T>(Func<Task> action, string what)
        where T : Exception
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (T)
        {
            return;
        }
        catch (Exception exception)
        {
            throw new ConformanceException(
                $"{what} must throw {typeof(T).Name}; it threw {exception.GetType().Name}: {exception.Message}",
                exception);
        }

        throw new ConformanceException($"{what} must throw {typeof(T).Name}; it threw nothing.");
    }

    public static void BitEqual(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Equal(expected.Length, actual.Length, $"{what}: the number of logits");
        if (MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)))
        {
            return;
        }

        var token = 0;
        while (BitConverter.SingleToInt32Bits(expected[token]) == BitConverter.SingleToInt32Bits(actual[token]))
        {
            token++;
        }

        throw new ConformanceException(
            FormattableString.Invariant(
                $"{what} must be equal bit for bit; token {token} has {actual[token]:R} instead of {expected[token]:R}."));
    }

    public static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Equal(expected.Length, actual.Length, $"{what}: the number of logits");
        for (var token = 0; token < expected.Length; token++)
        {
            // Written so that a value that is not a number fails.
            if (!(Math.Abs((double)expected[token] - actual[token]) <= tolerance))
            {
                throw new ConformanceException(
                    FormattableString.Invariant(
                        $"{what} must agree within {tolerance}; token {token} has {actual[token]:R} ")
                    + FormattableString.Invariant($"instead of {expected[token]:R}."));
            }
        }
    }
}
