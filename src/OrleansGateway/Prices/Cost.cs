using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Prices;

/// <summary>What calls cost, in nano-dollars. Rounded up, once per call.</summary>
internal static class Cost
{
    private const long FemtosPerNano = 1_000_000;
    private const int Classes = 9;

    /// <summary>What a call has cost, by class. Each class is rounded down, and what is missing of the cost is added to the dearest.</summary>
    /// <param name="price">The price that counts for it.</param>
    /// <param name="tokens">What it used.</param>
    /// <param name="serviceTier">Service tier that the provider says it was served at; none for the standard one.</param>
    public static CostParts Of(Price price, in TokenUsage tokens, string? serviceTier = null)
    {
        price = price.Of(serviceTier);
        Span<Int128> femtos = stackalloc Int128[Classes];
        Input(price.For(tokens.TotalInput), tokens, femtos);
        Output(price.For(tokens.TotalInput), tokens, femtos);
        femtos[7] = (Int128)price.WebSearch * Math.Max(0, tokens.WebSearches);
        femtos[8] = (Int128)price.Request * FemtosPerNano;
        return Rounded(femtos);
    }

    /// <summary>The most that a call with so many tokens and searches can cost, whatever their classes and whatever service tier it is served at.</summary>
    public static long AtMost(Price price, long inputTokens, long outputTokens, long searches = 0)
    {
        var most = (Int128)0;
        foreach (var bound in price.Bounds)
        {
            if (bound.Above == 0 || inputTokens > bound.Above) most = Int128.Max(most, (Int128)bound.Input * inputTokens + (Int128)bound.Output * outputTokens);
        }

        return Total(most + Fees(price, searches));
    }

    /// <summary>How many output tokens so much money buys for sure, after so many of input and so many searches; 0 if those alone cost more.</summary>
    public static long OutputFor(Price price, long nanos, long inputTokens, long searches = 0)
    {
        var least = long.MaxValue;
        foreach (var bound in price.Bounds)
        {
            if (bound.Above > 0 && inputTokens <= bound.Above) continue;
            var left = (Int128)nanos * FemtosPerNano - Fees(price, searches) - (Int128)bound.Input * inputTokens;
            if (left <= 0) return 0;
            if (bound.Output > 0) least = Math.Min(least, Clamp(left / bound.Output));
        }

        return least;
    }

    // Audio and images are parts of input. Where a provider's numbers contradict each other no part is more than its whole.
    private static void Input(PriceRates rates, in TokenUsage tokens, Span<Int128> femtos)
    {
        var audio = Part(tokens.AudioInput, tokens.Input);
        var image = Part(tokens.ImageInput, tokens.Input - audio);
        var audioRead = Part(tokens.AudioCacheRead, tokens.CacheRead);
        var imageRead = Part(tokens.ImageCacheRead, tokens.CacheRead - audioRead);
        femtos[0] = (Int128)rates.Input * Part(tokens.Input - audio - image, long.MaxValue);
        femtos[1] = (Int128)rates.CacheRead * Part(tokens.CacheRead - audioRead - imageRead, long.MaxValue);
        femtos[2] = (Int128)rates.CacheWrite * Part(tokens.CacheWrite, long.MaxValue) + (Int128)rates.CacheWrite1h * Part(tokens.CacheWrite1h, long.MaxValue);
        femtos[5] = (Int128)rates.AudioInput * audio + (Int128)rates.AudioCacheRead * audioRead;
        femtos[6] = (Int128)rates.ImageInput * image + (Int128)rates.ImageCacheRead * imageRead;
    }

    private static void Output(PriceRates rates, in TokenUsage tokens, Span<Int128> femtos)
    {
        var audio = Part(tokens.AudioOutput, tokens.Output);
        var image = Part(tokens.ImageOutput, tokens.Output - audio);
        var reasoning = Part(tokens.Reasoning, tokens.Output - audio - image);
        femtos[3] = (Int128)rates.Output * Part(tokens.Output - audio - image - reasoning, long.MaxValue);
        femtos[4] = (Int128)rates.Reasoning * reasoning;
        femtos[5] += (Int128)rates.AudioOutput * audio;
        femtos[6] += (Int128)rates.ImageOutput * image;
    }

    private static CostParts Rounded(ReadOnlySpan<Int128> femtos)
    {
        Int128 sum = 0;
        var dearest = 0;
        for (var i = 0; i < Classes; i++)
        {
            sum += femtos[i];
            if (femtos[i] > femtos[dearest]) dearest = i;
        }

        Span<long> nanos = stackalloc long[Classes];
        var total = Total(sum);
        var rest = total;
        for (var i = 0; i < Classes; i++)
        {
            if (i == dearest) continue;
            // Beyond what a number holds the parts are cut as the total is.
            nanos[i] = Math.Min(rest, Clamp(femtos[i] / FemtosPerNano));
            rest -= nanos[i];
        }

        nanos[dearest] = rest;
        return new CostParts
        {
            Input = nanos[0], CacheRead = nanos[1], CacheWrite = nanos[2], Output = nanos[3], Reasoning = nanos[4],
            Audio = nanos[5], Image = nanos[6], Tools = nanos[7], Request = nanos[8],
        };
    }

    private static Int128 Fees(Price price, long searches) => (Int128)price.Request * FemtosPerNano + (Int128)price.WebSearch * searches;

    private static long Part(long tokens, long whole) => Math.Clamp(tokens, 0, Math.Max(0, whole));

    private static long Total(Int128 femtos) => Clamp((femtos + FemtosPerNano - 1) / FemtosPerNano);

    private static long Clamp(Int128 number) => number > long.MaxValue ? long.MaxValue : (long)number;
}
