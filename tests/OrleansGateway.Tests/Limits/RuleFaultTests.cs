using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Limits;

/// <summary>One thing made wrong in a rate limit, a budget or a price gives one fault that says what would be right.</summary>
public sealed class RuleFaultTests
{
    private const string Base =
        """
        tenants: { acme: {} }
        keys: { app: { tenant: acme, secret: 0123456789-0123456789 } }
        providers:
          fake: { kind: fake, prices: { "m*": { input: 1, output: 2 } } }
        models: { m: { targets: [ { provider: fake } ] } }
        routes: { default: { path: / } }

        """;

    [Theory]
    [InlineData("{ limit: 60 }")]
    [InlineData("{ per: [tenant, team, user, key, ip, 'header:X-App'], limit: 60, burst: 5 }")]
    [InlineData("{ per: [provider], match: { providers: [fake] }, limit: 60 }")]
    [InlineData("{ per: [provider], match: { providers: [fake] }, count: tokens, limit: 60000 }")]
    [InlineData("{ count: cost, limit: 12.50, window: 1h }")]
    [InlineData("{ count: concurrency, limit: 10, on_limit: queue, wait_max: 30s }")]
    [InlineData("{ algorithm: fixed_window, window: day, time_zone: Europe/Berlin, limit: 0 }")]
    [InlineData("{ algorithm: fixed_window, window: 5h, align: first_use, limit: unlimited }")]
    [InlineData("{ per: [tenant, 'tag:tier'], limit: 1, overrides: [ { match: { tenants: [acme], tags: { tier: gold } }, limit: 2 } ] }")]
    public void Read_WhenARateLimitIsSound_FindsNoFault(string limit) => Assert.Empty(FaultsOf($"rate_limits: {{ r: {limit} }}\n"));

    [Theory]
    [InlineData("{}", "rate_limits.r.limit: The field limit is missing.")]
    [InlineData("{ limit: 1.5 }", "rate_limits.r.limit: This is counted in whole numbers; only cost has decimals.")]
    [InlineData("{ limit: 1, burst: 1.5 }", "rate_limits.r.burst: This is counted in whole numbers; only cost has decimals.")]
    [InlineData("{ limit: 1, burst: 0 }", "rate_limits.r.burst: With a burst of 0 nothing would ever fit; give at least 1, or a limit of 0 to refuse all.")]
    [InlineData("{ limit: 1, burst: unlimited }", "rate_limits.r.burst: A burst has a bound; give a number.")]
    [InlineData("{ limit: 1, per: [tenat] }",
        "rate_limits.r.per[0]: 'tenat' is not one of tenant, team, user, key, ip, route, model, provider, header:NAME, tag:NAME. Did you mean 'tenant'?")]
    [InlineData("{ limit: 1, per: ['header:'] }", "rate_limits.r.per[0]: 'header:' is not one of tenant, team, user, key, ip, route, model, provider, header:NAME, tag:NAME.")]
    [InlineData("{ limit: 1, per: ['header:a b'] }", "rate_limits.r.per[0]: 'a b' is not a header's name; it takes letters, digits and dashes.")]
    [InlineData("{ limit: 1, per: [key, key] }", "rate_limits.r.per[1]: 'key' is given twice; take one out.")]
    [InlineData("{ limit: 1, match: { models: [n] } }", "rate_limits.r.match.models[0]: There is no 'n' among the models. Did you mean 'm'? Known models: m.")]
    [InlineData("{ limit: 1, match: { tenants: ['a*b'] } }", "rate_limits.r.match.tenants[0]: In 'a*b' the * stands before the end; only a trailing * matches.")]
    [InlineData("{ limit: 1, match: { methods: [get] } }", "rate_limits.r.match.methods[0]: 'get' is not a method; they are in capitals, such as GET.")]
    [InlineData("{ limit: 1, match: { headers: { 'a b': x } } }", "rate_limits.r.match.headers[\"a b\"]: 'a b' is not a header's name; it takes letters, digits and dashes.")]
    [InlineData("{ limit: 1, window: day }", "rate_limits.r.window: Only a fixed_window goes by the calendar; give a duration such as 1m.")]
    [InlineData("{ limit: 1, window: 99ms }", "rate_limits.r.window: The window is out of range; it must be 100ms to 366d.")]
    [InlineData("{ limit: 1, algorithm: sliding_window, burst: 1 }", "rate_limits.r.burst: A window has no burst but its limit; take it out.")]
    [InlineData("{ limit: 1, align: first_use }", "rate_limits.r.align: Only a fixed_window has an alignment; take it out.")]
    [InlineData("{ limit: 1, algorithm: fixed_window, window: day, align: first_use }", "rate_limits.r.align: A window from first use has a duration such as 1d, not a unit of the calendar.")]
    [InlineData("{ limit: 1, time_zone: Europe/Berlin }", "rate_limits.r.time_zone: Only windows of a day, a week or a month go by a time zone; take it out.")]
    [InlineData("{ limit: 1, algorithm: sliding_window, on_limit: shape }", "rate_limits.r.on_limit: Windows give no instant of its own to each request; use queue, or a bucket.")]
    [InlineData("{ limit: 1, count: concurrency, window: 1m }", "rate_limits.r.window: Requests in flight are counted as they are, in no window; take it out.")]
    [InlineData("{ limit: 1, floors: { low: 50, high: 51 } }", "rate_limits.r.floors: The floors are 101 percent together; they must be at most 100.")]
    [InlineData("{ limit: 1, boosts: [ { from: 2030-01-01T00:00:00Z, until: 2030-01-02T00:00:00Z } ] }",
        "rate_limits.r.boosts[0]: Neither limit nor percent is given; give exactly one.")]
    [InlineData("{ limit: 1, boosts: [ { from: 2030-01-02T00:00:00Z, until: 2030-01-02T00:00:00Z, limit: 5 } ] }",
        "rate_limits.r.boosts[0].until: The boost would end before it begins; until must be after from.")]
    [InlineData("{ limit: 1, overrides: [ { limit: 5 } ] }", "rate_limits.r.overrides[0].match: An override says for whom it is; add a match, such as tenants: [acme].")]
    [InlineData("{ limit: 1, per: [key], overrides: [ { match: { teams: [a] }, limit: 5 } ] }",
        "rate_limits.r.overrides[0].match.teams: An override goes by what makes an account; add team to per, or take it out.")]
    [InlineData("{ limit: 1, per: [key], overrides: [ { match: { headers: { X-App: a } }, limit: 5 } ] }",
        "rate_limits.r.overrides[0].match.headers: An override goes by what makes an account; add header:x-app to per, or take it out.")]
    [InlineData("{ limit: 1, per: [key], overrides: [ { match: { methods: [GET] }, limit: 5 } ] }",
        "rate_limits.r.overrides[0].match.methods: An override goes by what makes an account; take it out.")]
    public void Read_WhenARateLimitIsWrong_SaysWhatWouldBeRight(string limit, string fault) => Assert.Equal([fault], FaultsOf($"rate_limits: {{ r: {limit} }}\n"));

    [Theory]
    [InlineData("{ per: [tenant, team, user, key, model, route, 'tag:project'], limit: 0.000000001 }")]
    [InlineData("{ limit: 5, period: year, starts: { month: 4, day: 6 }, time_zone: Europe/London }")]
    [InlineData("{ limit: 5, period: week, starts: { weekday: sunday, hour: 6 } }")]
    [InlineData("{ limit: 5, rolling: 30d }")]
    [InlineData("{ limit: 5, mode: soft }")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut, grace: { amount: 0.50 } }")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut, grace: { duration: 3d } }")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: degrade, degrade_to: m, grace: { percent: 5, duration: 3d } }")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: degrade, degrade_to: m }")]
    [InlineData("{ limit: 5, orphans: release_after, orphans_kept: 2h }")]
    public void Read_WhenABudgetIsSound_FindsNoFault(string budget) => Assert.Empty(FaultsOf($"budgets: {{ b: {budget} }}\n"));

    [Theory]
    [InlineData("{}", "budgets.b.limit: The field limit is missing.")]
    [InlineData("{ limit: 5, per: [ip] }", "budgets.b.per[0]: A budget is somebody's, and whoever calls chooses this freely; take it out, or write a rate limit that counts cost.")]
    [InlineData("{ limit: 5, per: [provider] }", "budgets.b.per[0]: A budget is held before it is known which provider answers; take it out, or write per: [model].")]
    [InlineData("{ limit: 5, match: { headers: { x-app: a } } }", "budgets.b.match.headers: Whoever calls chooses headers freely, and would choose not to pay; go by tags.")]
    [InlineData("{ limit: 5, match: { providers: [fake] } }", "budgets.b.match.providers: A budget is held before it is known which provider answers; go by models.")]
    [InlineData("{ limit: 5, rolling: 30d, period: day }", "budgets.b.period: A rolling budget has no periods; take it out.")]
    [InlineData("{ limit: 5, period: lifetime, rolls_over: true }", "budgets.b.rolls_over: A budget for a lifetime is never whole again; take it out.")]
    [InlineData("{ limit: 5, starts: { weekday: sunday } }", "budgets.b.starts.weekday: Only weeks start on a weekday; take it out.")]
    [InlineData("{ limit: 5, period: day, starts: { day: 2 } }", "budgets.b.starts.day: Days and weeks start on no day of the month; take it out.")]
    [InlineData("{ limit: 5, starts: { month: 2 } }", "budgets.b.starts.month: Only quarters and years start in a month; take it out.")]
    [InlineData("{ limit: 5, grace: { percent: 5 } }", "budgets.b.grace: A hard budget is never exceeded; write mode: soft, or take it out.")]
    [InlineData("{ limit: 5, mode: soft, grace: { percent: 5 } }", "budgets.b.grace: With on_exceeded: warn there is no bound beyond the limit; take it out.")]
    [InlineData("{ limit: 5, mode: soft, degrade_to: m }", "budgets.b.degrade_to: Only with on_exceeded: degrade is there another model; take it out.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: degrade }", "budgets.b.on_exceeded: The model to go to is missing; add degrade_to.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: degrade, degrade_to: n }", "budgets.b.degrade_to: There is no 'n' among the models. Did you mean 'm'? Known models: m.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut }", "budgets.b.on_exceeded: Without a grace it is cut at the limit, as a hard one; add grace, or write mode: hard.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut, grace: {} }", "budgets.b.grace: Neither amount nor percent nor duration is given; give a bound of what is spent beyond, or of the time.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut, grace: { amount: 1, percent: 5 } }", "budgets.b.grace: Both amount and percent are given; give one of them.")]
    [InlineData("{ limit: 5, mode: soft, on_exceeded: cut, grace: { duration: 59s } }", "budgets.b.grace.duration: '59s' is out of range; it must be 1m to 366d.")]
    [InlineData("{ limit: 5, rolling: 30d, mode: soft, on_exceeded: cut, grace: { duration: 1h } }",
        "budgets.b.grace.duration: A rolling budget has no period in which it is exceeded first; give amount or percent.")]
    [InlineData("{ limit: 5, notices: [50, 101] }", "budgets.b.notices[1]: A notice is due at 1 to 100 percent.")]
    [InlineData("{ limit: 5, status: 400 }", "budgets.b.status: The status is 429, 402 or 403.")]
    [InlineData("{ limit: 5, orphans_kept: 1h }", "budgets.b.orphans_kept: Only with orphans: release_after is anything given back after a time; take it out.")]
    [InlineData("{ limit: 5, per: [team], overrides: [ { match: { keys: [app] }, limit: 5 } ] }",
        "budgets.b.overrides[0].match.keys: An override goes by what makes an account; add key to per, or take it out.")]
    public void Read_WhenABudgetIsWrong_SaysWhatWouldBeRight(string budget, string fault) => Assert.Equal([fault], FaultsOf($"budgets: {{ b: {budget} }}\n"));

    [Theory]
    [InlineData("{ input: 1, output: unlimited }", "models.n.targets[0].price.output: A price is a number of USD, such as 2.50.")]
    [InlineData("{ input: 1, cache_write_1h: 1000001 }", "models.n.targets[0].price.cache_write_1h: The price is out of range; it must be 0 to 1000000.")]
    [InlineData("{ output: 1 }", "models.n.targets[0].price.input: The field input is missing.")]
    public void Read_WhenAPriceIsWrong_SaysWhatWouldBeRight(string price, string fault) =>
        Assert.Equal([fault], FaultsOf("", $"models: {{ n: {{ targets: [ {{ provider: fake, price: {price} }} ] }}, m:"));

    [Theory]
    [InlineData("{ limit: 5 }", "models.n.targets[0]", true)]
    [InlineData("{ limit: 5, match: { models: ['n*'] } }", "models.n.targets[0]", true)]
    [InlineData("{ limit: 5, match: { models: [m] } }", "", false)]
    [InlineData("{ limit: 5, unpriced: free }", "", false)]
    public void Read_WhenABudgetPaysForAModelWithoutAPrice_NamesBoth(string budget, string path, bool isFault)
    {
        var faults = FaultsOf($"budgets: {{ b: {budget} }}\n", "models: { n: { targets: [ { provider: fake } ] }, m:");
        Assert.Equal(
            isFault ? [$"{path}: The budget b pays for this, and it has no price; add price here or prices at the provider, or write unpriced: free at the budget."] : [], faults);
    }

    [Theory]
    [InlineData(16, "", 0)]
    [InlineData(17, "", 1)]
    [InlineData(200, ", match: { tenants: [t§] }", 0)]
    [InlineData(200, ", match: { tenants: ['t§*'] }", 1)]
    public void Read_WhenMoreApplyAtOnceThanOneRequestCanHold_IsAFault(int count, string match, int faults)
    {
        var limits = string.Concat(Enumerable.Range(0, count).Select(i => $"  r{i}: {{ limit: 1{match.Replace("§", $"{i}", StringComparison.Ordinal)} }}\n"));
        Assert.Equal(faults, FaultsOf($"rate_limits:\n{limits}").Length);
    }

    [Theory]
    [InlineData("{ min: 5, max: 4, initial: 5 }", "providers.fake.adaptive_concurrency.max: The greatest bound is below the least, which is 5.")]
    [InlineData("{ initial: 2 }", "providers.fake.adaptive_concurrency.initial: The first bound must be from min to max: 4 to 1000.")]
    public void Read_WhenAnAdaptiveBoundIsWrong_SaysWhatWouldBeRight(string adaptive, string fault)
    {
        using var folder = new TestFolder();
        Assert.Equal([fault], Texts(folder, Base.Replace("kind: fake,", $"kind: fake, adaptive_concurrency: {adaptive},", StringComparison.Ordinal)));
    }

    private static string[] FaultsOf(string more, string models = "models: { m:")
    {
        using var folder = new TestFolder();
        var priced = models.Contains("n:", StringComparison.Ordinal) ? Base.Replace("models: { m:", models, StringComparison.Ordinal) : Base;
        return Texts(folder, priced + more);
    }

    // Without line and column, which the tests of the file's faults look at.
    private static string[] Texts(TestFolder folder, string yaml) => [.. folder.FaultsOf(yaml).Select(f => f[(f.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
}
