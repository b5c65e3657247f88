using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Tenants;

public sealed class KeyDirectoryTests : IDisposable
{
    private static readonly KeyRequest ForAcme = new() { Tenant = "acme" };

    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly TestDirectory _directory;

    public KeyDirectoryTests() => _directory = Reopen();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateAsync_WhenItReturns_TheKeyIsFoundWithAllThatWasAskedFor()
    {
        var answer = await CreateAsync(new KeyRequest
        {
            Tenant = "acme",
            Team = "blue",
            User = "ada",
            Models = ["gpt-*"],
            Routes = ["chat"],
            IpRanges = ["10.0.0.0/8"],
            ExpiresAt = "2026-02-01T01:00:00+01:00",
            Metadata = new Dictionary<string, string?> { ["cost"] = "42" },
        });
        var caller = _directory.Find(answer.Secret)!;
        Assert.Equal((answer.Key!.Id, "acme", "blue", "ada"), (caller.KeyId, caller.Tenant, caller.Team, caller.User));
        Assert.True(caller.Models.Matches("gpt-5") && !caller.Models.Matches("claude"));
        Assert.True(caller.Routes.Matches("chat") && !caller.Routes.Matches("other"));
        Assert.Equal("10.0.0.0/8", Assert.Single(caller.IpRanges).ToString());
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), caller.Expires);
        Assert.Equal("42", caller.Metadata["cost"]);
        Assert.StartsWith(answer.Key.Display[..^1], answer.Secret!.Reveal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateAsync_WhenLittleIsAskedFor_AllowsEverythingOfTheTenant()
    {
        var caller = _directory.Find((await CreateAsync(ForAcme)).Secret)!;
        Assert.True(caller.Models.Matches("any") && caller.Routes.Matches("any") && caller.AllowsAddress(null));
        Assert.Equal(DateTimeOffset.MaxValue, caller.Expires);
    }

    [Fact]
    public async Task CreateAsync_WithManyFaults_ReportsThemAllAndMakesNoKey()
    {
        var answer = await CreateAsync(new KeyRequest
        {
            Tenant = "acme",
            Team = "green",
            Name = "two\nlines",
            Models = ["g*t", null, "has space", new string('x', 257)],
            Routes = [],
            IpRanges = ["10.0.0.1", null],
            ExpiresAt = "2026-01-01T00:00:00Z",
            Metadata = Enumerable.Range(0, 17).ToDictionary(i => $"label{i}", i => i == 3 ? new string('v', 257) : i == 4 ? null : "fine"),
        });
        string[] expected =
        [
            "team", "name", "models[0]", "models[1]", "models[2]", "models[3]", "routes", "ip_ranges[0]", "ip_ranges[1]", "metadata",
            "metadata.label3", "metadata.label4", "expires_at",
        ];
        Assert.Equal(expected, answer.Faults!.Select(f => f.Path));
        Assert.Equal((422, "invalid_request"), (answer.Refusal!.Status, answer.Refusal.Code));
        Assert.Empty((await _directory.Keys.ListAsync(new KeyFilter(10), Cancel))!.Keys);
    }

    [Theory]
    [InlineData(null, null, null, "tenant")]
    [InlineData("unknown", null, null, "tenant")]
    [InlineData("acme", null, "ada", "user")]
    [InlineData("acme", "blue", "bob", "user")]
    [InlineData("closed", "blue", null, "team")]
    public async Task CreateAsync_ForAnOwnerThatIsNotThere_NamesTheField(string? tenant, string? team, string? user, string path) =>
        Assert.Equal(path, Assert.Single((await CreateAsync(new KeyRequest { Tenant = tenant, Team = team, User = user })).Faults!).Path);

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("2030-01-31")]
    [InlineData("2030-01-31T00:00:00")]
    [InlineData("2030-02-31T00:00:00Z")]
    [InlineData("2026-01-02T03:04:05Z")]
    public async Task CreateAsync_WithAnExpiryThatIsNoInstantInTheFuture_IsRefused(string expires) =>
        Assert.Equal("expires_at", Assert.Single((await CreateAsync(ForAcme with { ExpiresAt = expires })).Faults!).Path);

    [Fact]
    public async Task CreateAsync_WithAnIdempotencyKeyUsedBefore_NamesTheKeyItMade()
    {
        var first = await _directory.Keys.CreateAsync(ForAcme, "once", TestAudit.Actor, Cancel);
        var second = await _directory.Keys.CreateAsync(ForAcme, "once", TestAudit.Actor, Cancel);
        Assert.Equal("key_already_created", second.Refusal!.Code);
        Assert.Equal(first.Key!.Id, second.Key!.Id);
        Assert.Null(second.Secret);
    }

    [Fact]
    public async Task RevokeAsync_WhenItReturns_TheKeyAndItsRotatedOneAreGone()
    {
        var made = await CreateAsync(ForAcme);
        var rotated = await _directory.Keys.RotateAsync(made.Key!.Id, TimeSpan.FromDays(1), TestAudit.Actor, Cancel);
        var revoked = await _directory.Keys.RevokeAsync(made.Key.Id, TestAudit.Actor, Cancel);
        Assert.Equal(_time.GetUtcNow(), revoked.Key!.RevokedAt);
        Assert.Null(_directory.Find(made.Secret));
        Assert.Null(_directory.Find(rotated.Secret));
    }

    [Fact]
    public async Task RevokeAsync_WhenRepeated_ChangesNothing()
    {
        var made = await CreateAsync(ForAcme);
        var first = await _directory.Keys.RevokeAsync(made.Key!.Id, TestAudit.Actor, Cancel);
        _time.Advance(TimeSpan.FromHours(1));
        var second = await _directory.Keys.RevokeAsync(made.Key.Id, TestAudit.Actor, Cancel);
        Assert.Equal(first.Key!.RevokedAt, second.Key!.RevokedAt);
    }

    [Fact]
    public async Task RotateAsync_WithGrace_AcceptsBothUntilItEnds()
    {
        var made = await CreateAsync(ForAcme);
        var rotated = await _directory.Keys.RotateAsync(made.Key!.Id, TimeSpan.FromHours(24), TestAudit.Actor, Cancel);
        Assert.Equal(made.Key.Id, _directory.Find(rotated.Secret)!.KeyId);
        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(made.Key.Id, _directory.Find(made.Secret)!.KeyId);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(_directory.Find(made.Secret));
        Assert.NotNull(_directory.Find(rotated.Secret));
    }

    [Fact]
    public async Task RotateAsync_WithoutGrace_RefusesTheKeyBeforeAtOnce()
    {
        var made = await CreateAsync(ForAcme);
        await _directory.Keys.RotateAsync(made.Key!.Id, TimeSpan.Zero, TestAudit.Actor, Cancel);
        Assert.Null(_directory.Find(made.Secret));
    }

    [Fact]
    public async Task RotateAsync_WhenRotatedAgain_KeepsOnlyTheLastTwo()
    {
        var first = await CreateAsync(ForAcme);
        var second = await _directory.Keys.RotateAsync(first.Key!.Id, TimeSpan.FromDays(1), TestAudit.Actor, Cancel);
        var third = await _directory.Keys.RotateAsync(first.Key.Id, TimeSpan.FromDays(1), TestAudit.Actor, Cancel);
        Assert.Null(_directory.Find(first.Secret));
        Assert.NotNull(_directory.Find(second.Secret));
        Assert.NotNull(_directory.Find(third.Secret));
    }

    [Fact]
    public async Task RotateAsync_OfAKeyThatCannotBe_SaysWhy()
    {
        var revoked = (await CreateAsync(ForAcme)).Key!.Id;
        var expired = (await CreateAsync(ForAcme with { ExpiresAt = "2026-01-03T00:00:00Z" })).Key!.Id;
        await _directory.Keys.RevokeAsync(revoked, TestAudit.Actor, Cancel);
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("key_revoked", await CodeOfRotateAsync(revoked, TimeSpan.Zero));
        Assert.Equal("key_expired", await CodeOfRotateAsync(expired, TimeSpan.Zero));
        Assert.Equal("key_not_found", await CodeOfRotateAsync("key_none", TimeSpan.Zero));
        Assert.Equal("key_in_configuration", await CodeOfRotateAsync("configured", TimeSpan.Zero));
        Assert.Equal("invalid_request", await CodeOfRotateAsync(expired, TimeSpan.FromDays(30) + TimeSpan.FromSeconds(1)));
        Assert.Equal("invalid_request", await CodeOfRotateAsync(expired, TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public async Task LoadAsync_AfterARestart_KnowsWhatWasKnownBefore()
    {
        var kept = await CreateAsync(ForAcme);
        var revoked = await CreateAsync(ForAcme);
        var rotated = await CreateAsync(ForAcme);
        await _directory.Keys.RevokeAsync(revoked.Key!.Id, TestAudit.Actor, Cancel);
        var fresh = await _directory.Keys.RotateAsync(rotated.Key!.Id, TimeSpan.FromHours(1), TestAudit.Actor, Cancel);

        using var reopened = Reopen();
        await reopened.Keys.LoadAsync(Cancel);
        Assert.Equal(kept.Key!.Id, reopened.Find(kept.Secret)!.KeyId);
        Assert.Null(reopened.Find(revoked.Secret));
        Assert.Equal(rotated.Key.Id, reopened.Find(rotated.Secret)!.KeyId);
        Assert.Equal(rotated.Key.Id, reopened.Find(fresh.Secret)!.KeyId);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(reopened.Find(rotated.Secret));
    }

    [Fact]
    public async Task Find_OfKeysWithEqualOwnersAndLists_SharesThem()
    {
        var one = _directory.Find((await CreateAsync(ForAcme with { Models = ["a", "b*"], Team = new string("blue") })).Secret)!;
        var two = _directory.Find((await CreateAsync(ForAcme with { Models = ["a", "b*"], Team = new string("blue") })).Secret)!;
        Assert.Same(one.Models, two.Models);
        Assert.Same(one.Routes, two.Routes);
        Assert.Same(one.Team, two.Team);
    }

    [Fact]
    public void Find_OfAConfiguredKey_FindsIt() => Assert.Equal("configured", _directory.Find(TestDirectory.ConfiguredKey)!.KeyId);

    [Fact]
    public async Task ChangesToOneKey_WhenTheyRace_LeaveMemoryAsTheStoreHasIt()
    {
        var made = await CreateAsync(ForAcme);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(
            () => i == 10 ? _directory.Keys.RevokeAsync(made.Key!.Id, TestAudit.Actor, Cancel) : _directory.Keys.RotateAsync(made.Key!.Id, TimeSpan.FromDays(1), TestAudit.Actor, Cancel), Cancel)));
        Assert.NotNull((await _directory.Keys.GetAsync(made.Key!.Id, Cancel))!.RevokedAt);
        foreach (var answer in answers.Append(made)) Assert.True(answer.Secret is null || _directory.Find(answer.Secret) is null);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    private TestDirectory Reopen() => new(NullLoggerFactory.Instance, _time, _folder.Path);

    private Task<KeyAnswer> CreateAsync(KeyRequest request) => _directory.Keys.CreateAsync(request, idempotencyKey: null, TestAudit.Actor, Cancel);

    private async Task<string> CodeOfRotateAsync(string id, TimeSpan grace) => (await _directory.Keys.RotateAsync(id, grace, TestAudit.Actor, Cancel)).Refusal!.Code;
}
