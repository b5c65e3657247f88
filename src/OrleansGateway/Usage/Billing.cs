using OrleansGateway.Budgets;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage;

/// <summary>
/// What an attempt used. The provider's own count, where its answer came to its end; else what came, counted; and where its client or the provider broke off, what the tenant's
/// policy says: nobody knows what the provider bills then.
/// </summary>
internal sealed class Billing(TokenCounter counter)
{
    public AttemptBill Of(Exchange exchange, ModelCall call)
    {
        if (!call.AttemptWasSent || call.End is { MayBeBilled: false } || call.Target is not { } target) return default;
        var snapshot = exchange.Snapshot;
        var tenant = exchange.Caller?.Tenant;
        var prices = new BilledPrices(target.Price, target.BilledPrice(snapshot.TariffOf(tenant), call.Entry.Name), call.ServiceTier);
        var allowance = call.Allowance as CallAllowance;
        if (allowance is { IsShort: true }) return prices.AtMost(AtMost(call, allowance.Bound, allowance.Output));
        if (call.IsWhole && call.Usage is { } reported && IsCredible(reported)) return prices.Of(reported, UsageSource.Provider);
        if (call.IsWhole || snapshot.OnDisconnectOf(tenant) != OnDisconnect.Cancel) return Counted(call, prices);
        var bound = allowance?.Bound ?? CallBound.Of(exchange.Route!, call);
        var held = allowance?.Output ?? bound.Stated ?? call.Entry.Settings.MaxOutputTokens;
        return prices.AtMost(AtMost(call, bound, call.OutputSeen > 0 ? Math.Min(call.OutputSeen, held) : held));
    }

    private AttemptBill Counted(ModelCall call, in BilledPrices prices)
    {
        var (output, isExact) = counter.OutputOf(call);
        // Anthropic tells the input as the stream begins.
        if (call.Usage is { TotalInput: > 0 } begun && IsCredible(begun))
            return prices.Of(begun with { Output = Math.Max(output, begun.Output), Reasoning = 0, AudioOutput = 0 }, SourceOf(isExact));
        var (input, isInputExact) = counter.InputOf(call);
        return prices.Of(new TokenUsage { Input = input, Output = output }, SourceOf(isExact && isInputExact));
    }

    /// <summary>The most that so many output tokens and the input can be.</summary>
    private static TokenUsage AtMost(ModelCall call, CallBound bound, long outputTokens)
    {
        var most = bound.At(outputTokens);
        var input = call.Usage is { TotalInput: > 0 } begun && IsCredible(begun) ? begun with { Output = 0, Reasoning = 0, AudioOutput = 0 } : new TokenUsage { Input = most.InputTokens };
        return input with { Output = most.OutputTokens };
    }

    /// <summary>Whether figures can be true. No model reads or makes a billion tokens in one call, and sums of what is none would be none for all others.</summary>
    private static bool IsCredible(in TokenUsage tokens)
    {
        const long Most = 1_000_000_000;
        ReadOnlySpan<long> figures =
        [
            tokens.Input, tokens.CacheRead, tokens.CacheWrite, tokens.CacheWrite1h, tokens.Output, tokens.Reasoning, tokens.AudioInput, tokens.AudioOutput,
            tokens.ImageInput, tokens.ImageOutput, tokens.AudioCacheRead, tokens.ImageCacheRead, tokens.WebSearches,
        ];
        return figures.IndexOfAnyExceptInRange(0, Most) < 0;
    }

    private static UsageSource SourceOf(bool isExact) => isExact ? UsageSource.Counted : UsageSource.Estimated;

    /// <summary>What the provider bills, and what the tenant is billed.</summary>
    private readonly record struct BilledPrices(Price? Price, Price? Billed, string? ServiceTier)
    {
        public AttemptBill Of(in TokenUsage tokens, UsageSource source) => new(
            tokens,
            source,
            Price is null ? default : Cost.Of(Price, tokens, ServiceTier),
            Billed is null ? 0 : Cost.Of(Billed, tokens, ServiceTier).Total);

        /// <summary>Whatever the classes of the tokens were.</summary>
        public AttemptBill AtMost(in TokenUsage tokens) =>
            new(tokens, UsageSource.Bound, Price is null ? default : AtMost(Price, tokens), Billed is null ? 0 : AtMost(Billed, tokens).Total);

        private static CostParts AtMost(Price price, in TokenUsage tokens)
        {
            var total = Cost.AtMost(price, tokens.TotalInput, tokens.Output);
            var ofInput = Cost.AtMost(price, tokens.TotalInput, 0);
            return new CostParts { Request = price.Request, Input = ofInput - price.Request, Output = total - ofInput };
        }
    }
}
