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
        if (!call.AttemptWasSent || call.End is { MayBeBilled: false }) return default;
        var price = PriceOf(exchange, call);
        var allowance = call.Allowance as CallAllowance;
        if (allowance is { IsShort: true }) return AtMost(call, price, allowance.Bound, allowance.Output);
        if (call.IsWhole && call.Usage is { } reported) return Priced(reported, UsageSource.Provider, price);
        if (call.IsWhole || exchange.Snapshot.OnDisconnectOf(exchange.Caller?.Tenant) != OnDisconnect.Cancel) return Counted(call, price);
        var bound = allowance?.Bound ?? CallBound.Of(exchange.Route!, call, exchange.Snapshot.TariffOf(exchange.Caller?.Tenant));
        var held = allowance?.Output ?? bound.Stated ?? call.Entry.Settings.MaxOutputTokens;
        return AtMost(call, price, bound, call.OutputSeen > 0 ? Math.Min(call.OutputSeen, held) : held);
    }

    /// <summary>What the caller's tenant is billed for what the attempt's target does.</summary>
    public static Price? PriceOf(Exchange exchange, ModelCall call) => call.Target?.BilledPrice(exchange.Snapshot.TariffOf(exchange.Caller?.Tenant), call.Entry.Name);

    private AttemptBill Counted(ModelCall call, Price? price)
    {
        var (output, isExact) = counter.OutputOf(call);
        // Anthropic tells the input as the stream begins.
        if (call.Usage is { TotalInput: > 0 } begun) return Priced(begun with { Output = Math.Max(output, begun.Output), Reasoning = 0, AudioOutput = 0 }, SourceOf(isExact), price);
        var (input, isInputExact) = counter.InputOf(call);
        return Priced(new TokenUsage { Input = input, Output = output }, SourceOf(isExact && isInputExact), price);
    }

    /// <summary>The most that so many output tokens and the input can have cost, of whatever class they were.</summary>
    private static AttemptBill AtMost(ModelCall call, Price? price, CallBound bound, long outputTokens)
    {
        var most = bound.At(outputTokens);
        var input = call.Usage is { TotalInput: > 0 } begun ? begun with { Output = 0, Reasoning = 0, AudioOutput = 0 } : new TokenUsage { Input = most.InputTokens };
        var tokens = input with { Output = most.OutputTokens };
        if (price is null) return new AttemptBill(tokens, UsageSource.Bound, default);
        var total = Cost.AtMost(price, tokens.TotalInput, tokens.Output);
        var ofInput = Cost.AtMost(price, tokens.TotalInput, 0);
        return new AttemptBill(tokens, UsageSource.Bound, new CostParts { Request = price.Request, Input = ofInput - price.Request, Output = total - ofInput });
    }

    private static AttemptBill Priced(in TokenUsage tokens, UsageSource source, Price? price) =>
        new(tokens, source, price is null ? default : Cost.Of(price, tokens));

    private static UsageSource SourceOf(bool isExact) => isExact ? UsageSource.Counted : UsageSource.Estimated;
}
