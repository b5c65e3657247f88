using System.Text.Json;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Tests.Admin;

/// <summary>Limits that are nearly used up, from where their owners stand.</summary>
public sealed class NearLimitTests
{
    private static readonly DateTimeOffset s_now = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Insights_OfManyKeys_NameTheFullestOfAllAndSayHowManyWereLookedAt()
    {
        const int Keys = 9_000;
        await using var host = await AdminHost.StartAsync();
        // Beyond the first slice and the second: nearly all are in use, and few are near.
        await TakeAsync(host, "acme", Enumerable.Range(0, Keys).Select(i => ($"k{i}", i switch { 3 => 48L, 5_000 => 60L, 8_999 => 54L, 4 => 47L, _ => 1L })));
        await TakeAsync(host, "closed", [("c", 59)]);
        var (_, all) = await host.GetAsync("/admin/v1/usage/insights");
        Assert.Equal(["acme/k5000", "closed/c", "acme/k8999", "acme/k3"], Near(all).Select(i => i.GetProperty("subject").GetString()!["rate_limits.per-key ".Length..]));
        Assert.Equal(Keys + 1, all.GetProperty("looked_at").GetProperty("limits").GetInt32());
        var figures = Near(all)[3].GetProperty("figures");
        Assert.Equal([80, 60, 48, 48, 60], ((string[])["used_percent", "limit_requests", "used_requests", "held_requests", "window_s"]).Select(name => figures.GetProperty(name).GetInt64()));

        var (_, bound) = await host.CallAsync("GET", "/admin/v1/usage/insights", token: await host.AdminAsync("tenant_admin", "acme"));
        Assert.Equal(3, Near(JsonElement.Parse(bound)).Length);
        Assert.DoesNotContain("closed", bound, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_OfMoreThanAreTold_AreTheTenFullest()
    {
        await using var host = await AdminHost.StartAsync();
        await TakeAsync(host, "acme", Enumerable.Range(0, 20).Select(i => ($"k{i:00}", 40L + i)));
        var (_, all) = await host.GetAsync("/admin/v1/usage/insights");
        Assert.Equal(Enumerable.Range(10, 10).Reverse().Select(i => $"rate_limits.per-key acme/k{i}"), Near(all).Select(i => i.GetProperty("subject").GetString()));
    }

    [Fact]
    public void OfRate_OfRequestsInFlight_HasNoWindow()
    {
        var spec = new AccountSpec { Kind = AccountKind.Concurrency, Dimension = Dimension.Concurrency, Limit = 10, Shadow = true };
        var found = NearLimits.OfRate(new OwnerAccountView(new AccountId("rate_limits.slots", "acme"), spec, 10, -2, 12, 0, 0, 0, 0, true, TimeSpan.Zero, []), "acme", s_now);
        Assert.Equal("120 % of 10 requests in flight is used, or held by gateways to be used; the limit refuses nothing.", found.Finding);
        Assert.Equal(["used_percent", "limit_requests_in_flight", "used_requests_in_flight", "held_requests_in_flight"], found.Figures.Keys);
        Assert.Equal((12, 12), (found.Figures["used_requests_in_flight"], found.Figures["held_requests_in_flight"]));
    }

    [Theory]
    [InlineData(20, 1, true)]
    [InlineData(21, 1, false)]
    [InlineData(0, 0, false)]
    [InlineData(0, -1, false)]
    public void OfLongWindows_OfAPeriodThatIsNotOver_AreTold(long available, int hoursLeft, bool isTold)
    {
        var account = new AccountId("rate_limits.monthly", "acme");
        var spec = new AccountSpec { Kind = AccountKind.FixedWindow, Dimension = Dimension.Tokens, Limit = 100, Time = TimeSpan.FromDays(30) };
        var record = new LedgerRecord
        {
            Owner = "tenant:acme", Epoch = 1, Version = 1,
            Accounts = [new AccountRow(account, 7, 100, available, 70, 100, 0, s_now.AddDays(-29), s_now.AddHours(hoursLeft))],
        };
        var found = NearLimits.OfLongWindows(record, "acme", id => id == account ? spec : null, s_now).ToArray();
        Assert.Equal(isTold, found.Length == 1);
        if (isTold) Assert.Equal((80, 100, 80, 10, 30 * 86_400), (found[0].Figures["used_percent"], found[0].Figures["limit_tokens"], found[0].Figures["used_tokens"], found[0].Figures["held_tokens"], found[0].Figures["window_s"]));
        Assert.Empty(NearLimits.OfBudgets(record, "acme", s_now));
        Assert.Empty(NearLimits.OfLongWindows(record, "acme", _ => null, s_now));
    }

    private static JsonElement[] Near(JsonElement list) => [.. list.GetProperty("insights").EnumerateArray().Where(i => i.GetProperty("kind").GetString() == "near_limit")];

    // Of each key's account so many requests.
    private static async Task TakeAsync(AdminHost host, string tenant, IEnumerable<(string Key, long Units)> keys)
    {
        var (owner, session) = ($"tenant:{tenant}", new Guid("22222222-0000-0000-0000-000000000000"));
        var taken = keys.Select((k, i) => (Account: new AccountId("rate_limits.per-key", $"{tenant}/{k.Key}"), Lease: i + 1L, k.Units)).ToArray();
        var reports = taken.Select(t => new LeaseReport(t.Account, t.Lease, 0, 0, 0, 1, IsFinal: false)).ToArray();
        var epoch = (await host.Owners.SendAsync(owner, new LeaseRequest { Session = session, Number = 1, Epoch = 0, Registers = true }, Cancel)).Epoch;
        var takes = taken.Select((t, i) => new TakeRequest(i + 1, [new TakeItem(t.Account, t.Lease, t.Units)])).ToArray();
        var reply = await host.Owners.SendAsync(owner, new LeaseRequest { Session = session, Number = 1, Epoch = epoch, Registers = true, Reports = reports, Takes = takes }, Cancel);
        Assert.Equal(takes.Length, reply.Takes.Count);
        Assert.All(reply.Takes, t => Assert.Equal(Denial.None, t.Denial));
    }
}
