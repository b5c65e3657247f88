using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansGateway.Auth;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Auth;

public sealed class AuthStageTests : IAsyncDisposable
{
    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly TestDirectory _directory;
    private readonly LoggerFactory _logs = new();
    private readonly TestTokens _tokens;
    private readonly AuthStage _stage;

    public AuthStageTests()
    {
        _directory = new TestDirectory(_logs, _time, _folder.Path);
        _tokens = new TestTokens(() => _directory.Snapshot, _time, _logs);
        _stage = new AuthStage(_directory.Keys, _tokens.Callers, _directory.Tenants, _time, _logs.CreateLogger<AuthStage>());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("Authorization", "bearer   {0} ")]
    [InlineData("x-api-key", "{0}")]
    [InlineData("api-key", "{0}")]
    [InlineData("x-goog-api-key", " {0} ")]
    public async Task InvokeAsync_WithAKeyInAnyHeader_PassesOnWithTheCaller(string header, string form)
    {
        var made = await CreateAsync(new KeyRequest { Tenant = "acme" });
        var exchange = Request((header, form.Replace("{0}", made.Secret!.Reveal(), StringComparison.Ordinal)));
        Assert.True(await PassesAsync(exchange));
        Assert.Equal(made.Key!.Id, exchange.Caller!.KeyId);
    }

    [Fact]
    public async Task InvokeAsync_WithTheSameKeyInTwoHeaders_PassesOn()
    {
        var key = (await CreateAsync(new KeyRequest { Tenant = "acme" })).Secret!.Reveal();
        Assert.True(await PassesAsync(Request(("Authorization", $"Bearer {key}"), ("x-api-key", key))));
    }

    [Fact]
    public async Task InvokeAsync_WithDifferentKeys_IsRefusedEvenIfOneIsValid()
    {
        var key = (await CreateAsync(new KeyRequest { Tenant = "acme" })).Secret!.Reveal();
        await RefusesAsync(Request(("Authorization", $"Bearer {key}"), ("x-api-key", "other")), 400, "ambiguous_credentials");
        var twice = Request();
        twice.Http.Request.Headers["x-api-key"] = new[] { key, "other" };
        await RefusesAsync(twice, 400, "ambiguous_credentials");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "Basic dXNlcjpwYXNz")]
    [InlineData("x-api-key", " ")]
    public async Task InvokeAsync_WithoutAKey_SaysWhereToSendOne(string? header, string? value)
    {
        var refusal = await RefusesAsync(header is null ? Request() : Request((header, value!)), 401, "invalid_api_key");
        foreach (var name in (string[])["Authorization: Bearer", "x-api-key", "api-key", "x-goog-api-key"])
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvokeAsync_WithAnUnknownMistypedRevokedOrTooLongKey_SaysTheSameWithoutIt()
    {
        var revoked = await CreateAsync(new KeyRequest { Tenant = "acme" });
        await _directory.Keys.RevokeAsync(revoked.Key!.Id, TestAudit.Actor, Cancel);
        var unknown = KeyText.New(KeyText.KeyPrefix);
        string[] keys = [unknown, unknown[..^1] + "!", revoked.Secret!.Reveal(), new('x', 513), new('é', 512)];
        var refusals = new List<Refusal>();
        foreach (var key in keys)
        {
            var refusal = await RefusesAsync(Request(("x-api-key", key)), 401, "invalid_api_key");
            Assert.DoesNotContain(key, refusal.ToString(), StringComparison.Ordinal);
            refusals.Add(refusal);
        }

        Assert.Single(refusals.Distinct());
    }

    [Fact]
    public async Task InvokeAsync_WithAConfiguredKeyOfTheLongestLength_PassesOnAndOneCharacterMoreDoesNot()
    {
        await CompileWithKeyAsync(new string('k', 512), passes: true);
        await CompileWithKeyAsync(new string('k', 513), passes: false);

        async Task CompileWithKeyAsync(string key, bool passes)
        {
            _directory.Snapshot = Snapshot.Compile(
                TestDirectory.Settings with { Keys = new Dictionary<string, KeySettings> { ["long"] = new() { Tenant = "acme", Secret = new Secret(key) } } }, 2, "");
            Assert.Equal(passes, await PassesAsync(Request(("x-api-key", key))));
        }
    }

    [Fact]
    public async Task InvokeAsync_OnTheRequestAfterARevocation_Refuses()
    {
        var made = await CreateAsync(new KeyRequest { Tenant = "acme" });
        Assert.True(await PassesAsync(RequestWith(made)));
        await _directory.Keys.RevokeAsync(made.Key!.Id, TestAudit.Actor, Cancel);
        await RefusesAsync(RequestWith(made), 401, "invalid_api_key");
    }

    [Fact]
    public async Task InvokeAsync_AtTheInstantOfExpiry_Refuses()
    {
        var made = await CreateAsync(new KeyRequest { Tenant = "acme", ExpiresAt = "2026-01-03T03:04:05Z" });
        _time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        Assert.True(await PassesAsync(RequestWith(made)));
        _time.Advance(TimeSpan.FromTicks(1));
        await RefusesAsync(RequestWith(made), 401, "api_key_expired");
    }

    [Fact]
    public async Task InvokeAsync_WhenTheTenantIsDisabledOrRemoved_Refuses()
    {
        await RefusesAsync(RequestWith(await CreateAsync(new KeyRequest { Tenant = "closed" })), 403, "tenant_disabled");
        var made = await CreateAsync(new KeyRequest { Tenant = "acme" });
        _directory.Snapshot = Snapshot.Compile(TestDirectory.Settings with { Tenants = new Dictionary<string, TenantSettings>() }, 2, "");
        await RefusesAsync(RequestWith(made), 403, "tenant_disabled");
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("11.1.2.3", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData(null, false)]
    public async Task InvokeAsync_WithIpRanges_AllowsOnlyAddressesInThem(string? address, bool allowed)
    {
        var made = await CreateAsync(new KeyRequest { Tenant = "acme", IpRanges = ["10.0.0.0/8", "2001:db8::/32"] });
        var exchange = RequestWith(made);
        exchange.ClientAddress = address is null ? null : IPAddress.Parse(address);
        if (allowed) Assert.True(await PassesAsync(exchange));
        else await RefusesAsync(exchange, 403, "address_not_allowed");
    }

    [Theory]
    [InlineData("chat", true)]
    [InlineData("c*", true)]
    [InlineData("other", false)]
    public async Task InvokeAsync_WithRoutes_AllowsOnlyThose(string pattern, bool allowed)
    {
        var exchange = RequestWith(await CreateAsync(new KeyRequest { Tenant = "acme", Routes = [pattern] }));
        exchange.Route = exchange.Snapshot.Routes.All[0];
        if (allowed) Assert.True(await PassesAsync(exchange));
        else await RefusesAsync(exchange, 403, "route_not_allowed");
    }

    [Fact]
    public async Task InvokeAsync_OfAnAllowedRequest_AllocatesNothing()
    {
        var exchange = RequestWith(await CreateAsync(new KeyRequest { Tenant = "acme" }));
        exchange.Route = exchange.Snapshot.Routes.All[0];
        Next next = static _ => ValueTask.CompletedTask;
        Assert.Equal(0, Allocated.Least(Run));

        void Run() => Assert.True(_stage.InvokeAsync(exchange, next).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task InvokeAsync_WhenTheTeamOrUserIsRemoved_Refuses()
    {
        var made = await CreateAsync(new KeyRequest { Tenant = "acme", Team = "blue", User = "ada" });
        Assert.True(await PassesAsync(RequestWith(made)));
        UseTeams(new Dictionary<string, TeamSettings> { ["blue"] = new() });
        await RefusesAsync(RequestWith(made), 403, "owner_removed");
        UseTeams([]);
        await RefusesAsync(RequestWith(made), 403, "owner_removed");
    }

    [Fact]
    public async Task InvokeAsync_OnTheRequestAfterATenantMadeAtRunTimeIsDisabled_Refuses()
    {
        var zeta = new OwnerId("zeta");
        await _directory.Tenants.CreateAsync(zeta, new OwnerRequest { Id = "zeta" }, TestAudit.Actor, Cancel);
        var made = await CreateAsync(new KeyRequest { Tenant = "zeta" });
        Assert.True(await PassesAsync(RequestWith(made)));
        await _directory.Tenants.ChangeAsync(zeta, new OwnerChange { Enabled = false }, TestAudit.Actor, Cancel);
        await RefusesAsync(RequestWith(made), 403, "tenant_disabled");
        await _directory.Tenants.ChangeAsync(zeta, new OwnerChange { Enabled = true }, TestAudit.Actor, Cancel);
        Assert.True(await PassesAsync(RequestWith(made)));
    }

    public async ValueTask DisposeAsync()
    {
        await _tokens.DisposeAsync();
        _logs.Dispose();
        _directory.Dispose();
        _folder.Dispose();
    }

    private void UseTeams(Dictionary<string, TeamSettings> teams) => _directory.Snapshot = Snapshot.Compile(
        TestDirectory.Settings with { Tenants = new Dictionary<string, TenantSettings> { ["acme"] = new() { Teams = teams } } }, 2, "");

    private Task<KeyAnswer> CreateAsync(KeyRequest request) => _directory.Keys.CreateAsync(request, idempotencyKey: null, TestAudit.Actor, Cancel);

    private Exchange RequestWith(KeyAnswer made) => Request(("Authorization", $"Bearer {made.Secret!.Reveal()}"));

    private Exchange Request(params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext();
        foreach (var (name, value) in headers) http.Request.Headers[name] = value;
        return new Exchange(http, _directory.Snapshot, "request", startedAt: 0);
    }

    private async Task<bool> PassesAsync(Exchange exchange)
    {
        var passed = false;
        await _stage.InvokeAsync(exchange, _ =>
        {
            passed = true;
            return ValueTask.CompletedTask;
        });
        Assert.Equal(passed, exchange.Caller is not null && exchange.Refusal is null);
        return passed;
    }

    private async Task<Refusal> RefusesAsync(Exchange exchange, int status, string code)
    {
        Assert.False(await PassesAsync(exchange));
        Assert.Equal((status, code), (exchange.Refusal!.Status, exchange.Refusal.Code));
        Assert.Equal(status == 401 ? "Bearer" : "", exchange.Http.Response.Headers.WWWAuthenticate.ToString());
        return exchange.Refusal;
    }
}
