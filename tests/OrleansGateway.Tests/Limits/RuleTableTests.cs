using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Limits;

public sealed class RuleTableTests
{
    [Theory]
    [InlineData("tenant", "acme", "tenant:acme")]
    [InlineData("team", "acme/core", "tenant:acme")]
    [InlineData("user", "acme/core/ann", "tenant:acme")]
    [InlineData("key", "acme/app", "tenant:acme")]
    [InlineData("route", "default", "rule:rate_limits.r")]
    [InlineData("ip", "192.0.2.7", "rule:rate_limits.r")]
    [InlineData("header:X-App", "web%2F1", "rule:rate_limits.r")]
    [InlineData("tag:tier", "g%C3%B6ld", "rule:rate_limits.r")]
    [InlineData("key, tenant, route", "acme/app/default", "tenant:acme")]
    [InlineData("header:x-none, ip", "192.0.2.7/", "rule:rate_limits.r")]
    [InlineData("", "", "rule:rate_limits.r")]
    public void Before_OfARequest_NamesItsAccountByWhatMakesIt(string per, string scope, string owner)
    {
        var bed = new RuleBed($"rate_limits: {{ r: {{ per: [{per}], limit: 5 }} }}\n");
        var request = bed.Request(RuleBed.Caller("acme", "core", "ann", tags: ("tier", "göld")), headers: ("x-app", "web/1"));

        var account = Assert.Single(bed.Table.Before(request).Accounts.ToArray());

        Assert.Equal((new AccountId("rate_limits.r", scope), owner), (account.Id, account.Owner));
        Assert.Equal((owner, 5L), (bed.Table.OwnerOf(account.Id), bed.Table.SpecOf(account.Id)!.Limit));
        Assert.Equal("rate_limits.r", bed.Table.RuleOf(account.Id)!.Id);
    }

    [Theory]
    [InlineData("limit: 1, per: [model]", false)]
    [InlineData("limit: 1, match: { models: [small] }", false)]
    [InlineData("limit: 1, count: tokens", false)]
    [InlineData("limit: 1, count: cost", false)]
    [InlineData("limit: 1", true)]
    [InlineData("limit: 1, count: concurrency, per: [key]", true)]
    public void Before_OfACall_HasTheRulesThatNeedNoBody_AndAfterTheOthers(string rule, bool isBefore)
    {
        var bed = new RuleBed($"rate_limits: {{ r: {{ {rule} }} }}\n");
        var call = bed.Request(RuleBed.Caller("acme"), "small");
        Assert.Equal(isBefore ? (1, 0) : (0, 1), (bed.Before(call).Length, bed.After(call).Length));
    }

    [Fact]
    public void After_OfACall_HasItsModelAndItsBudgets()
    {
        var bed = new RuleBed("rate_limits: { m: { per: [model, tenant], limit: 5 } }\nbudgets: { b: { per: [team], limit: 5 } }\n");
        Assert.Equal(["rate_limits.m[acme/meta%2Flarge]", "budgets.b[acme/core]"], bed.After(bed.Request(RuleBed.Caller("acme", "core"), "meta/large")));
        // Without a team, and without a model, there is nothing of that kind to bound.
        Assert.Equal(["rate_limits.m[acme/small]"], bed.After(bed.Request(RuleBed.Caller("acme"), "small")));
        Assert.Empty(bed.After(bed.Request(RuleBed.Caller("acme", "core"), route: "shop")));
        Assert.Empty(bed.After(bed.Request(caller: null, route: "shop")));
    }

    [Fact]
    public void ForTarget_OfAnAttempt_HasTheRulesOfItsProvider()
    {
        var bed = new RuleBed("rate_limits: { p: { per: [provider], limit: 5 }, o: { match: { providers: [other] }, limit: 5 } }\n");
        var call = bed.Request(RuleBed.Caller("acme"), "small");
        Assert.Empty(bed.Before(call).Concat(bed.After(call)));
        Assert.Equal(["rate_limits.p[fake]"], RuleBed.Names(bed.Table.ForTarget(call, bed.Snapshot.Providers["fake"])));
        Assert.Equal(["rate_limits.o", "rate_limits.p[other]"], RuleBed.Names(bed.Table.ForTarget(call, bed.Snapshot.Providers["other"])));
    }

    [Theory]
    [InlineData("tenants: [acme]", true)]
    [InlineData("tenants: ['ac*']", true)]
    [InlineData("tenants: [beta]", false)]
    [InlineData("teams: [core]", true)]
    [InlineData("users: [ann]", false)]
    [InlineData("keys: [app]", true)]
    [InlineData("routes: [shop]", true)]
    [InlineData("routes: [default]", false)]
    [InlineData("methods: [POST]", true)]
    [InlineData("methods: [GET]", false)]
    [InlineData("headers: { x-app: 'we*' }", true)]
    [InlineData("headers: { x-app: we }", false)]
    [InlineData("headers: { x-none: '*' }", false)]
    [InlineData("tags: { tier: gold }", true)]
    [InlineData("tags: { tier: silver }", false)]
    [InlineData("tags: { none: '*' }", false)]
    [InlineData("tenants: [acme], tags: { tier: silver }", false)]
    [InlineData("models: ['*']", false)]
    public void Match_OfARequest_IsAllThatIsStated(string match, bool applies)
    {
        var bed = new RuleBed($"rate_limits: {{ r: {{ limit: 5, match: {{ {match} }} }} }}\n");
        var request = bed.Request(RuleBed.Caller("acme", "core", tags: ("tier", "gold")), route: "shop", headers: ("x-app", "web"));
        Assert.Equal(applies, bed.Before(request).Concat(bed.After(request)).Any());
        Assert.Equal(applies, bed.Before(request).Concat(bed.After(request)).Any());
    }

    [Theory]
    [InlineData("192.0.2.7", 32, 64, "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", 32, 64, "192.0.2.7")]
    [InlineData("192.0.2.7", 24, 64, "192.0.2.0")]
    [InlineData("192.0.2.255", 25, 64, "192.0.2.128")]
    [InlineData("2001:db8:1:2:3:4:5:6", 32, 64, "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:3:4:5:6", 32, 48, "2001:db8:1::")]
    [InlineData("2001:db8:1:ffff::1", 32, 51, "2001:db8:1:e000::")]
    [InlineData("2001:db8::1", 32, 128, "2001:db8::1")]
    public void Before_OfAnAddress_IsThatOfItsNetwork(string address, int prefix4, int prefix6, string scope)
    {
        var bed = new RuleBed($"rate_limits: {{ r: {{ per: [ip], limit: 5, ipv4_prefix: {prefix4}, ipv6_prefix: {prefix6} }} }}\n");
        Assert.Equal([$"rate_limits.r[{scope}]"], bed.Before(bed.Request(caller: null, route: "shop", address: address)));
    }

    [Fact]
    public void Before_OfManyHeaderValues_HasNoMoreAccountsThanAllowed()
    {
        var shared = new RuleBed("rate_limits: { r: { per: ['header:x-app'], limit: 5, accounts_max: 3 } }\n");
        var tenants = new RuleBed("rate_limits: { r: { per: [tenant, 'header:x-app'], limit: 5, accounts_max: 3 } }\n");
        var refused = new RuleBed("rate_limits: { r: { per: ['header:x-app'], limit: 5, accounts_max: 3, beyond: refuse } }\n");
        for (var i = 0; i < 3; i++) Assert.All([shared, tenants, refused], bed => Assert.Single(bed.Before(Of(bed, $"a{i}"))));

        Assert.Equal(["rate_limits.r[*]"], shared.Before(Of(shared, "one more")));
        Assert.Equal(["rate_limits.r[acme/*]"], tenants.Before(Of(tenants, "one more")));
        // Nobody gets there by calling himself so.
        Assert.Equal(["rate_limits.r[*]"], shared.Before(Of(shared, "*")));
        Assert.Equal("%2A", ScopeText.Join(["*"]));
        var full = refused.Table.Before(Of(refused, "one more"));
        Assert.Equal(("rate_limits.r", true), (full.Full?.Id, full.Accounts.IsEmpty));
        Assert.Equal(["rate_limits.r[a1]"], refused.Before(Of(refused, "a1")));

        static Exchange Of(RuleBed bed, string app) => bed.Request(RuleBed.Caller("acme"), headers: ("x-app", app));
    }

    [Fact]
    public void Before_WhenAnAccountHasBecomeFree_GivesItToWhoHadNone()
    {
        var bed = new RuleBed("rate_limits: { r: { per: [key], limit: 5, accounts_max: 1 } }\n");
        Assert.Equal(["rate_limits.r[acme/one]"], bed.Before(bed.Request(RuleBed.Caller("acme", key: "one"))));
        var other = bed.Request(RuleBed.Caller("acme", key: "two"));
        Assert.Equal(["rate_limits.r[acme/*]"], bed.Before(other));
        bed.Book.Forget(new AccountId("rate_limits.r", "acme/one"));
        bed.Book.Forget(new AccountId("rate_limits.r", "acme/*"));
        Assert.Equal(["rate_limits.r[acme/two]"], bed.Before(other));
    }

    [Fact]
    public void SpecOf_AnAccount_IsThatOfTheFirstOverrideThatMatches()
    {
        var bed = new RuleBed(
            """
            rate_limits:
              r:
                per: [key, model]
                limit: 60
                overrides:
                  - { match: { keys: [blocked] }, limit: 0 }
                  - { match: { keys: [free] }, limit: unlimited }
                  - { match: { models: ['meta/*'] }, limit: 6, burst: 2 }
                  - { match: { tenants: [beta] }, limit: 100 }
            """);

        Assert.Equal((60, 60), Of("acme/app/small"));
        Assert.Equal((0, 0), Of("acme/blocked/meta%2Flarge"));
        Assert.Null(bed.Table.SpecOf(new AccountId("rate_limits.r", "acme/free/small")));
        Assert.Equal((2, 6), Of("acme/app/meta%2Flarge"));
        Assert.Equal((2, 6), Of("beta/app/meta%2Flarge"));
        Assert.Equal((100, 100), Of("beta/app/small"));
        // What no account of the rule is called.
        Assert.Null(bed.Table.SpecOf(new AccountId("rate_limits.r", "acme")));
        Assert.Null(bed.Table.SpecOf(new AccountId("rate_limits.gone", "acme/app/small")));
        // And requests find what the owner says.
        Assert.Empty(bed.After(bed.Request(RuleBed.Caller("acme", key: "free"), "small")));
        Assert.Equal(["rate_limits.r[acme/jwt:main:ann/small]"], bed.After(bed.Request(RuleBed.Caller("acme", user: "ann", key: "jwt:main"), "small")));

        (long Limit, long Refill) Of(string scope)
        {
            var spec = bed.Table.SpecOf(new AccountId("rate_limits.r", scope))!;
            return (spec.Limit, spec.Refill);
        }
    }

    [Fact]
    public void Before_WhenAskedAgain_LooksNothingUpAndAllocatesNothing()
    {
        var bed = new RuleBed("rate_limits: { a: { per: [tenant], limit: 5 }, b: { per: [key], limit: 5 }, c: { per: [team], limit: 5 } }\nbudgets: { m: { per: [user], limit: 5 } }\n");
        var call = bed.Request(RuleBed.Caller("acme", "core", "ann"), "small");
        Assert.Equal((3, 1), (bed.Table.Before(call).Accounts.Length, bed.Table.After(call).Accounts.Length));
        var asked = bed.Book.Asked;
        Assert.Equal(0, Allocated.Least(() =>
        {
            bed.Table.Before(call);
            bed.Table.After(call);
        }));
        Assert.Equal(asked, bed.Book.Asked);
    }

    [Fact]
    public void BeyondOf_ASoftBudget_IsWhereTheRestIsCounted()
    {
        var bed = new RuleBed(
            """
            budgets:
              cut: { per: [tenant], limit: 200, mode: soft, on_exceeded: cut, grace: { percent: 10 } }
              warn: { per: [tenant], limit: 1, mode: soft }
              hard: { per: [tenant], limit: 1 }
            """);
        var accounts = bed.Table.After(bed.Request(RuleBed.Caller("acme"), "small")).Accounts.ToArray();

        var beyond = accounts.ToDictionary(a => a.Id.Rule, bed.Table.BeyondOf);

        Assert.Equal((new AccountId("budgets.cut+beyond", "acme"), "tenant:acme", 20_000_000_000), (beyond["budgets.cut"]!.Id, beyond["budgets.cut"]!.Owner, beyond["budgets.cut"]!.Spec.Limit));
        Assert.True(beyond["budgets.warn"]!.Spec.Limit > 1_000_000_000L * 1_000_000);
        Assert.Null(beyond["budgets.hard"]);
        Assert.Equal(beyond["budgets.cut"]!.Spec.Limit, bed.Table.SpecOf(beyond["budgets.cut"]!.Id)!.Limit);
        Assert.Equal("budgets.cut", bed.Table.RuleOf(accounts[0].Id)!.Id);
    }

    [Fact]
    public void WeightOf_ACall_IsThatOfItsRouteTimesThatOfItsModel()
    {
        var bed = new RuleBed("");
        var (shop, models) = (bed.Request(null, route: "shop").Route!, bed.Request(null).Route!);
        Assert.Equal((3, 4, 1), (RuleTable.WeightOf(shop, null), RuleTable.WeightOf(models, bed.Snapshot.Models["meta/large"]), RuleTable.WeightOf(models, bed.Snapshot.Models["small"])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Split_OfWhatWasJoined_IsTheValues(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 1_000; i++)
        {
            string[] values = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(1, 0xd800))]))];
            var scope = ScopeText.Join(values);
            Assert.Equal(values, ScopeText.Split(scope));
            Assert.False(ScopeText.IsShared(scope));
            Assert.DoesNotContain(scope, c => c is <= ' ' or > '~');
        }
    }

    [Fact]
    public void Join_OfALongValue_IsShortAndDistinct()
    {
        var (one, other) = (ScopeText.Join([new string('a', 4_000)]), ScopeText.Join([new string('a', 4_001)]));
        Assert.True(one.Length < ScopeText.ValueCharsMax && one != other);
    }
}
