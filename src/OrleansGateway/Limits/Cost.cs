using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Limits;

/// <summary>What calls cost, in nano-dollars. Rounded up, once per call.</summary>
internal static class Cost
{
    private const long FemtosPerNano = 1_000_000;

    /// <summary>What a call has cost.</summary>
    public static long Of(Price price, in TokenUsage tokens)
    {
        // Audio is part of input, and reasoning and audio are parts of output. Where a provider's numbers contradict each other no part is more than its whole.
        var audioInput = Math.Min(tokens.AudioInput, tokens.Input);
        var audioOutput = Math.Min(tokens.AudioOutput, tokens.Output);
        var reasoning = Math.Min(tokens.Reasoning, tokens.Output - audioOutput);
        var input = (Int128)price.Input * (tokens.Input - audioInput) + (Int128)price.AudioInput * audioInput;
        var cached = (Int128)price.CacheRead * tokens.CacheRead + (Int128)price.CacheWrite * tokens.CacheWrite
            + (Int128)price.CacheWrite1h * tokens.CacheWrite1h;
        var output = (Int128)price.Output * (tokens.Output - audioOutput - reasoning) + (Int128)price.Reasoning * reasoning
            + (Int128)price.AudioOutput * audioOutput;
        return Total(price, input + cached + output);
    }

    /// <summary>The most that a call with so many tokens can cost, whatever their classes.</summary>
    public static long AtMost(Price price, long inputTokens, long outputTokens) =>
        Total(price, (Int128)price.DearestInput * inputTokens + (Int128)price.DearestOutput * outputTokens);

    /// <summary>How many output tokens so much money buys for sure, after so many of input; 0 if the input alone costs more.</summary>
    public static long OutputFor(Price price, long nanos, long inputTokens)
    {
        var left = ((Int128)nanos - price.Request) * FemtosPerNano - (Int128)price.DearestInput * inputTokens;
        if (left <= 0) return 0;
        return price.DearestOutput == 0 ? long.MaxValue : Clamp(left / price.DearestOutput);
    }

    private static long Total(Price price, Int128 femtos) => Clamp(price.Request + (femtos + FemtosPerNano - 1) / FemtosPerNano);

    private static long Clamp(Int128 number) => number > long.MaxValue ? long.MaxValue : (long)number;
}
