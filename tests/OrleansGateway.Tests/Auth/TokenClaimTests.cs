using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Auth;

/// <summary>Who a token says is calling.</summary>
public sealed class TokenClaimTests : IAsyncLifetime
{
    private TokenBed _bed = null!;

    public async ValueTask InitializeAsync() => _bed = await TokenBed.StartAsync(s => s with
    {
        Tenant = null,
        Claims = new JwtClaimSettings { Tenant = "org.id", Team = "https://example.com/team", User = "email", Roles = "realm_access.roles", Models = "models", Labels = ["plan", "org.region", "gone", "list"] },
    });

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Claims_NestedAndWithDotsInTheirNames_MakeTheCaller()
    {
        var caller = await _bed.AcceptsAsync(_bed.Token("""
            {"org":{"id":"acme"},"https://example.com/team":"red","email":"a@b.c","realm_access":{"roles":["viewer","operator",{},7]},"models":"gpt* fast","plan":"gold","list":["x"]}
            """));
        Assert.Equal(("acme", "red", "a@b.c"), (caller.Tenant, caller.Team, caller.User));
        Assert.Equal(["viewer", "operator", "7"], caller.Roles);
        Assert.Equal([true, true, false], [caller.Models.Matches("gpt-4"), caller.Models.Matches("fast"), caller.Models.Matches("slow")]);
        Assert.True(caller.Routes.Matches("chat"));
        Assert.Equal([KeyValuePair.Create("plan", "gold")], caller.Metadata);
    }

    [Fact]
    public async Task Claims_ThatAreMissingButTheTenant_GiveNothing()
    {
        var caller = await _bed.AcceptsAsync(_bed.Token("""{"org":{"id":"acme"},"email":["x"],"https://example.com/team":""}"""));
        Assert.Equal((null, null), (caller.Team, caller.User));
        Assert.Empty(caller.Roles);
        Assert.False(caller.Models.Matches("fast"));
    }

    [Theory]
    [InlineData("{}", "token_not_allowed")]
    [InlineData("""{"org":"acme"}""", "token_not_allowed")]
    [InlineData("""{"org":{"id":["acme"]}}""", "token_not_allowed")]
    [InlineData("""{"org":{"id":"ac\nme"}}""", "token_not_allowed")]
    [InlineData("""{"org":{"id":"nobody"}}""", "tenant_disabled")]
    [InlineData("""{"org":{"id":"closed"}}""", "tenant_disabled")]
    public async Task Tenant_ThatIsMissingUnknownOrDisabled_IsRefused(string more, string code) => await _bed.RefusesAsync(_bed.Token(more), 403, code);

    [Fact]
    public async Task Tenant_DisabledLater_RefusesATokenSeenBefore()
    {
        var token = _bed.Token("""{"org":{"id":"acme"}}""");
        await _bed.AcceptsAsync(token);
        _bed.Configure(more: s => s with { Tenants = new Dictionary<string, TenantSettings> { ["acme"] = new() { Enabled = false } } });
        await _bed.RefusesAsync(token, 403, "tenant_disabled");
    }

    [Theory]
    [InlineData("""{"scope":"x","level":3}""", true)]
    [InlineData("""{"scope":["y","x"],"level":[1,3]}""", true)]
    [InlineData("""{"scope":"x"}""", false)]
    [InlineData("""{"scope":"xy","level":3}""", false)]
    [InlineData("""{"scope":["y"],"level":3}""", false)]
    public async Task RequiredClaims_ThatTheTokenLacks_RefuseIt(string more, bool accepted)
    {
        _bed.Configure(s => s with { RequiredClaims = new Dictionary<string, string> { ["scope"] = "x", ["level"] = "3" } });
        if (accepted) await _bed.AcceptsAsync(_bed.Token(more));
        else await _bed.RefusesAsync(_bed.Token(more), 403, "token_not_allowed");
    }

    [Fact]
    public async Task Cache_OfMoreTokensThanItHolds_LetsTheOldestGo()
    {
        _bed.Configure(s => s);
        var caller = await _bed.AcceptsAsync(_bed.Token());
        var (source, now, snapshot) = (_bed.Source, _bed.Time.GetUtcNow(), _bed.Directory.Snapshot);
        var cache = new TokenCache();
        for (var i = 0; i < TokenCache.TokensMax + 500; i++)
        {
            for (var twice = 0; twice < 2; twice++) cache.Add(HashOf(i), snapshot, caller, source, source.Usable!);
        }

        Assert.Equal(20_000, cache.Count);
        Assert.Null(cache.Find(HashOf(499), snapshot, now));
        Assert.Same(caller, cache.Find(HashOf(500), snapshot, now));
        Assert.Same(caller, cache.Find(HashOf(TokenCache.TokensMax + 499), snapshot, now));

        static KeyHash HashOf(int i) => KeyHash.Of(i.ToString(CultureInfo.InvariantCulture));
    }
}
