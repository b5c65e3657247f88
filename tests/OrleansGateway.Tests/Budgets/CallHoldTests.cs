using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Budgets;
using OrleansGateway.Events;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Limits;

namespace OrleansGateway.Tests.Budgets;

/// <summary>What it costs each model call to hold tokens and money.</summary>
public sealed class CallHoldTests
{
    [Theory]
    [InlineData("strict", false, 300)]
    [InlineData("elastic", true, 300)]
    public void TakeAndSettle_OfRatesAndMoney_AllocatesLittle(string streams, bool isStream, long bytesMax)
    {
        var bed = new RuleBed(
            $"rate_limits: {{ t: {{ per: [tenant], count: tokens, limit: 100000 }}, u: {{ per: [key], count: output_tokens, limit: 100000 }} }}\n" +
            $"budgets: {{ m: {{ per: [tenant], limit: 5, streams: {streams} }}, n: {{ per: [key], limit: 5, streams: {streams} }} }}\n");
        using var metrics = new GatewayMetrics();
        // Nothing is refused here, so there is nothing to tell of.
        var admitter = new Admitter(bed.Book, metrics, new LimitEvents(null!, TimeProvider.System), TimeProvider.System, NullLogger<Admitter>.Instance);
        var exchange = bed.Request(RuleBed.Caller("acme"), "small");
        using var call = bed.CallOf("small", """{"model":"small","messages":[{"role":"user","content":"Hi"}]}""");
        call.Stream = isStream;
        exchange.Call = call;
        Assert.Equal(4, bed.Table.After(exchange).Accounts.Length);

        var isTaken = false;
        var least = Allocated.Least(() =>
        {
            var hold = new CallHold(exchange, call, bed.Table, bed.Table.After(exchange), admitter, metrics, NullLogger.Instance);
            var taking = hold.TakeAsync();
            isTaken = taking.IsCompletedSuccessfully && taking.Result is null && hold.Slice is not null == isStream;
            hold.Settle(new Amounts { OutputTokens = 7 });
        });
        Assert.True(isTaken);
        Assert.InRange(least, 0, bytesMax);
    }

    [Theory]
    [InlineData("rate,money", "rate", "money")]
    [InlineData("rate,money,other", "rate,other", "money")]
    [InlineData("money", "", "money")]
    [InlineData("", "", "")]
    public void Split_OfAccounts_KeepsTheirOrder(string all, string rates, string money)
    {
        var bed = new RuleBed("rate_limits: { rate: { limit: 5 }, other: { limit: 5 } }\nbudgets: { money: { limit: 5 } }\n");
        var accounts = all.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => bed.Book.Find("rule:x", new AccountId(name, ""), bed.Table.SpecOf(new AccountId(name == "money" ? "budgets.money" : $"rate_limits.{name}", ""))!)!).ToArray();
        var parts = RuleTable.Split(accounts);

        Assert.Equal((rates, money), (Names(parts.Rates), Names(parts.Money)));

        static string Names(ReadOnlyMemory<Account> of) => string.Join(',', of.ToArray().Select(a => a.Id.Rule));
    }
}
