using OrleansGateway.Admin.Insights;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Prices;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Admin;

/// <summary>What usage tells: each finding with its figures, and none where there is nothing to be told.</summary>
public sealed class InsightTests
{
    private static readonly DateTimeOffset s_now = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Repeated_OfOneTenantAndModel_SaveAllButTheFirstOfEach()
    {
        UsageRecord[] sample =
        [
            Prompt(1, 500, at: 2), Prompt(1, 900, at: 1), Prompt(1, 500, at: 3), Prompt(2, 10), Prompt(2, 10), Prompt(3, 77),
            // Neither failures, nor what was served by a cache, nor another tenant's.
            Prompt(3, 77) with { Outcome = CallOutcome.UpstreamError }, Prompt(3, 77) with { Cache = UsageCache.Hit }, Prompt(3, 77) with { Tenant = "zeta" },
            Prompt(0, 5) with { PromptHash = null }, Prompt(0, 5) with { PromptHash = null },
        ];
        var found = Assert.Single(RepeatedPrompts.Of(sample));
        Assert.Equal(("repeated_prompts", "acme", 500 + 500 + 10), (found.Kind, found.Tenant, found.SavingNanoUsd));
        Assert.Equal((2, 5, 3, 1_920), (found.Figures["distinct_requests"], found.Figures["requests"], found.Figures["most_times"], found.Figures["cost_nano_usd"]));
        Assert.Empty(RepeatedPrompts.Of(sample[5..]));
    }

    [Theory]
    [InlineData(20, 1, true)]
    [InlineData(20, 0, false)]
    [InlineData(19, 19, false)]
    [InlineData(1_000, 49, false)]
    [InlineData(1_000, 50, true)]
    public void Failing_FromFivePercentOfTwentyAttempts_IsTold(int attempts, int failed, bool isTold)
    {
        var rows = new[] { Row(["o", "completed"], attempts - failed), Row(["o", "upstream_error"], failed), Row(["", "refused"], 500) };
        var found = ProviderTroubles.Failing(rows, []).ToArray();
        Assert.Equal(isTold, found.Length == 1);
        if (isTold) Assert.Equal((failed, attempts), (found[0].Figures["failed_attempts"], found[0].Figures["attempts"]));
    }

    [Fact]
    public void Slow_TwiceAsSlowAsAnotherOfTheSameModel_IsTold()
    {
        var sample = Answers("fast", 20, 100).Concat(Answers("slow", 20, 200)).Concat(Answers("fair", 20, 199)).Concat(Answers("seldom", 19, 9_000)).ToArray();
        var found = Assert.Single(ProviderTroubles.Slow(sample));
        Assert.Equal(("fast: slow", 200, 100), (found.Subject, found.Figures["p95_first_byte_ms"], found.Figures["fastest_p95_first_byte_ms"]));
    }

    [Theory]
    [InlineData(95, 1, 1)]
    [InlineData(95, 20, 19)]
    [InlineData(95, 100, 95)]
    [InlineData(95, 101, 96)]
    [InlineData(50, 3, 2)]
    [InlineData(95, 0, 0)]
    public void Percentile_OfMilliseconds_IsOneThatWasMeasured(int percent, int count, long expected) =>
        Assert.Equal(expected, ProviderTroubles.Percentile(Enumerable.Range(1, count).Reverse().Select(i => TimeSpan.FromMilliseconds(i)), percent));

    [Theory]
    [InlineData(100, 21, false)]
    [InlineData(100, 20, true)]
    [InlineData(100, -5, true)]
    [InlineData(0, 0, false)]
    public void NearLimit_FromEightyPercent_IsTold(long limit, long available, bool isTold)
    {
        var account = new AccountId("budgets.team", "acme/red");
        var record = new LedgerRecord
        {
            Owner = "tenant:acme", Epoch = 1, Version = 1,
            Accounts = [new AccountRow(account, 6, 5, 0, 5, 0, 0, null, null), new AccountRow(account, 7, limit, available, limit - available, 0, 0, null, null)],
        };
        var found = NearLimits.OfBudgets(record, "acme", s_now).ToArray();
        Assert.Equal(isTold, found.Length == 1);
        if (isTold) Assert.Equal(("team acme/red", limit - available), (found[0].Subject, found[0].Figures["used_percent"]));
    }

    [Fact]
    public void Idle_OldKeysThatAreAcceptedAndNotUsed_AreNamed()
    {
        Key[] keys =
        [
            KeyOf("idle"), KeyOf("used"), KeyOf("young") with { CreatedAt = s_now.AddDays(-29) }, KeyOf("revoked") with { RevokedAt = s_now }, KeyOf("expired") with { ExpiresAt = s_now },
        ];
        var found = Assert.Single(IdleKeys.Of(keys, new HashSet<string> { "used" }, s_now));
        Assert.Equal(("idle", "acme", 1, 5), (found.Subject, found.Tenant, found.Figures["idle_keys"], found.Figures["keys"]));
        var many = Assert.Single(IdleKeys.Of([.. Enumerable.Range(0, 25).Select(i => KeyOf($"k{i:00}"))], new HashSet<string>(), s_now));
        Assert.EndsWith("k19 and 5 more", many.Subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10_000, 100, true)]
    [InlineData(9_999, 1, false)]
    [InlineData(10_000, 101, false)]
    [InlineData(50_000, 0, true)]
    public void Oversized_WithAHundredTimesWhatCameBack_IsTold(long input, long output, bool isTold)
    {
        var record = TestRecords.Usual(Guid.NewGuid()) with { Tokens = new TokenUsage { Input = input - 10, CacheRead = 10, Output = output } };
        Assert.Equal(isTold, PromptSizes.Oversized([record]).Any());
    }

    [Fact]
    public void Bottlenecks_WhereRequestsWaitOrTheLogIsBehind_AreTold()
    {
        var quick = Enumerable.Range(0, 20).Select(_ => TestRecords.Usual(Guid.NewGuid())).ToArray();
        Assert.Empty(GatewayBottlenecks.Of(quick));
        Assert.Empty(GatewayBottlenecks.Of(quick.Take(19).Select(r => r with { Queued = r.Duration }).ToArray()));
        var queued = Assert.Single(GatewayBottlenecks.Of([.. quick.Select(r => r with { Queued = r.Duration })]));
        Assert.Equal(("gateway_queue", 20 * 2_150), (queued.Kind, queued.Figures["lost_ms"]));
        Assert.Equal("new_connections", Assert.Single(GatewayBottlenecks.Of([.. quick.Select(r => r with { Connected = r.Duration / 10 })])).Kind);
        Assert.Empty(GatewayBottlenecks.OfLog(TimeSpan.FromMilliseconds(999), TimeSpan.FromSeconds(2)));
        Assert.Equal(1_000, Assert.Single(GatewayBottlenecks.OfLog(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2))).Figures["lag_at_least_ms"]);
        Assert.Equal(2_000, Assert.Single(GatewayBottlenecks.OfLog(null, TimeSpan.FromSeconds(2))).Figures["lag_at_least_ms"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_OfATenant_AreDrawnFromItsUsageAlone()
    {
        await using var host = await AdminHost.StartAsync();
        var at = host.Directory.Time.GetUtcNow().AddMinutes(-1);
        foreach (var tenant in (string[])["acme", "acme", "closed", "closed"]) host.Usage.Add(Prompt(1, 10) with { Tenant = tenant, Model = tenant + "-model", At = at });
        var (_, all) = await host.GetAsync("/admin/v1/usage/insights");
        Assert.Equal(2, all.GetProperty("insights").EnumerateArray().Count(i => i.GetProperty("kind").GetString() == "repeated_prompts"));
        var (_, bound) = await host.CallAsync("GET", "/admin/v1/usage/insights", token: await host.AdminAsync("tenant_admin", "acme"));
        Assert.Contains("acme-model", bound, StringComparison.Ordinal);
        Assert.DoesNotContain("closed", bound, StringComparison.Ordinal);
        var (_, few) = await host.GetAsync("/admin/v1/usage/insights?records=3");
        Assert.Equal((3, false), (few.GetProperty("looked_at").GetProperty("records").GetInt32(), few.GetProperty("looked_at").GetProperty("all_records").GetBoolean()));
    }

    private static UsageRecord Prompt(long hash, long cost, int at = 0) =>
        TestRecords.Usual(Guid.NewGuid()) with { PromptHash = hash, Cost = new CostParts { Input = cost }, At = s_now.AddSeconds(at) };

    private static IEnumerable<UsageRecord> Answers(string provider, int count, int milliseconds) => Enumerable.Range(0, count)
        .Select(_ => TestRecords.Usual(Guid.NewGuid()) with { Provider = provider, ToFirstByte = TimeSpan.FromMilliseconds(milliseconds), Outcome = CallOutcome.Completed });

    private static UsageRow Row(string[] values, long attempts) => new(null, values, new UsageSums { Attempts = attempts, Requests = attempts });

    private static Key KeyOf(string id) => new() { Id = id, Hash = default, Display = id, Tenant = "acme", CreatedAt = s_now.AddDays(-31) };
}
