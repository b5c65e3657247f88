using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;

namespace OrleansGateway.Budgets;

/// <summary>
/// What an attempt that was under way when its call ended has used. The provider's own count, where the answer came to its end; else nobody knows what it
/// bills, and what was held counts: its bound, as far as tokens were seen to come, or could have.
/// </summary>
internal static class Settlement
{
    /// <param name="call">What became of it.</param>
    /// <param name="target">Where it was sent.</param>
    /// <param name="bound">The most that it uses, by its output.</param>
    /// <param name="seen">Output tokens that came, at most; all that are held where that was not watched.</param>
    /// <param name="held">Output tokens that are held for each answer.</param>
    /// <param name="isShort">Whether the stream was ended here.</param>
    public static Amounts Of(CallFacts call, Target target, CallBound bound, long seen, long held, bool isShort)
    {
        // A stream that was ended here told its client what is held; the provider made a little more than came.
        if (call.Outcome != CallOutcome.Completed || isShort) return TokensOf(bound.At(held));
        if (call.Usage is not { } usage) return TokensOf(bound.At(seen));
        return new Amounts { InputTokens = usage.TotalInput, OutputTokens = usage.Output, Cost = target.Price is { } price ? Cost.Of(price, usage) : 0 };
    }

    public static Amounts Sum(in Amounts one, in Amounts other) => new()
    {
        Requests = one.Requests + other.Requests,
        InputTokens = one.InputTokens + other.InputTokens,
        OutputTokens = one.OutputTokens + other.OutputTokens,
        Cost = one.Cost + other.Cost,
        Concurrency = one.Concurrency + other.Concurrency,
    };

    private static Amounts TokensOf(in Amounts amounts) => amounts with { Requests = 0, Concurrency = 0 };
}
