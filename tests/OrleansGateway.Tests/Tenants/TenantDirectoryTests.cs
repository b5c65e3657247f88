using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Tenants;

/// <summary>Tenants, teams and users made at run time, beside those of the configuration.</summary>
public sealed class TenantDirectoryTests : IDisposable
{
    private static readonly OwnerId Zeta = new("zeta");
    private static readonly OwnerId Red = new("zeta", "red");
    private static readonly OwnerId Bob = new("zeta", "red", "bob");

    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly TestDirectory _directory;

    public TenantDirectoryTests() => _directory = Reopen();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TenantDirectory Tenants => _directory.Tenants;

    [Fact]
    public async Task CreateAsync_OfTenantTeamAndUser_ShowsThemAtOnceAndAfterARestart()
    {
        await MakeBobAsync();
        Check(Tenants.Find("zeta")!);
        using var reopened = Reopen();
        Assert.Null(reopened.Tenants.Find("zeta"));
        await reopened.Tenants.LoadAsync(Cancel);
        Check(reopened.Tenants.Find("zeta")!);
        Assert.Equal(["acme", "closed", "zeta"], reopened.Tenants.Ids());

        static void Check(TenantSettings zeta)
        {
            Assert.Equal(("Zeta", true), (zeta.Name, zeta.Enabled));
            Assert.Equal("red", zeta.Teams["red"].Name);
            Assert.Equal("bob", zeta.Teams["red"].Users["bob"].Name);
        }
    }

    [Fact]
    public async Task CreateAsync_WhenRepeated_MakesNoSecondOneAndNotesNothing()
    {
        Assert.True((await CreateAsync(Zeta, "Zeta")).Made);
        var again = await CreateAsync(Zeta, "Zeta");
        Assert.Equal((false, "Zeta"), (again.Made, again.Owner!.Name));
        Assert.Equal("tenant_exists", (await CreateAsync(Zeta, "Other")).Refusal!.Code);
        Assert.Equal("tenant_exists", CodeOf(await Tenants.CreateAsync(Zeta, new OwnerRequest { Id = "zeta", Name = "Zeta", Enabled = false }, TestAudit.Actor, Cancel)));
        Assert.Single(await AuditAsync());
    }

    [Theory]
    [InlineData("", null, "id")]
    [InlineData("a b", null, "id")]
    [InlineData("..", null, "id")]
    [InlineData("fine", "", "name")]
    [InlineData("fine", "two\nlines", "name")]
    public async Task CreateAsync_OfWhatCannotBe_NamesTheField(string id, string? name, string path) =>
        Assert.Equal([path], (await CreateAsync(new OwnerId(id), name)).Faults!.Select(f => f.Path));

    [Fact]
    public async Task Teams_GivenAStateOfTheirOwn_AreRefused()
    {
        await CreateAsync(Zeta);
        var refused = await Tenants.CreateAsync(Red, new OwnerRequest { Id = "red", Enabled = true }, TestAudit.Actor, Cancel);
        Assert.Equal(["enabled"], refused.Faults!.Select(f => f.Path));
    }

    [Fact]
    public async Task WhatTheConfigurationStates_IsNeitherMadeNorChangedNorDeletedHere()
    {
        foreach (var id in (OwnerId[])[new("acme"), new("acme", "blue"), new("acme", "blue", "ada")])
        {
            var code = id.Kind + "_in_configuration";
            var made = await CreateAsync(id);
            Assert.Equal(code, CodeOf(made));
            Assert.Contains("configuration file", made.Refusal!.Message, StringComparison.Ordinal);
            Assert.Equal(code, CodeOf(await Tenants.ChangeAsync(id, new OwnerChange { Name = "New" }, TestAudit.Actor, Cancel)));
            Assert.Equal(code, CodeOf(await RemoveAsync(id)));
        }

        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task MembersMadeInATenantOfTheConfiguration_StandBesideItsOwn()
    {
        await CreateAsync(new OwnerId("acme", "red"));
        await CreateAsync(new OwnerId("acme", "red", "bob"));
        await CreateAsync(new OwnerId("acme", "blue", "eve"));
        var acme = Tenants.Find("acme")!;
        Assert.Equal("Acme Inc.", acme.Name);
        Assert.Equal(["blue", "red"], acme.Teams.Keys.Order());
        Assert.Equal(["ada", "eve"], acme.Teams["blue"].Users.Keys.Order());
        Assert.Equal(["bob"], acme.Teams["red"].Users.Keys);
        Assert.Null(CodeOf(await RemoveAsync(new OwnerId("acme", "blue", "eve"))));
        Assert.Equal(["ada"], Tenants.Find("acme")!.Teams["blue"].Users.Keys);
    }

    [Fact]
    public async Task Configuration_ThatTakesOverAnId_WinsAndGivesItBack()
    {
        await MakeBobAsync();
        var before = _directory.Snapshot;
        Use(new TenantSettings { Name = "Stated", Enabled = false, Teams = new Dictionary<string, TeamSettings> { ["red"] = new() { Name = "Stated red", Users = new Dictionary<string, UserSettings> { ["bob"] = new() { Name = "Stated bob" } } } } });
        var zeta = Tenants.Find("zeta")!;
        Assert.Equal(("Stated", false, "Stated red"), (zeta.Name, zeta.Enabled, zeta.Teams["red"].Name));
        Assert.Equal("Stated bob", zeta.Teams["red"].Users["bob"].Name);
        // A request that began before the reload keeps its snapshot.
        Assert.Equal("Zeta", Tenants.Find(before, "zeta")!.Name);
        Use(null);
        Assert.Equal("Zeta", Tenants.Find("zeta")!.Name);
    }

    [Fact]
    public async Task Members_WhoseTenantOrTeamLeftTheConfiguration_AreNotThere()
    {
        await CreateAsync(new OwnerId("acme", "blue", "eve"));
        UseAcme(new TenantSettings());
        Assert.Empty(Tenants.Find("acme")!.Teams);
        Assert.Equal("user_not_found", CodeOf(await RemoveAsync(new OwnerId("acme", "blue", "eve"))));
        UseAcme(null);
        Assert.Null(Tenants.Find("acme"));
        Assert.DoesNotContain("acme", Tenants.Ids());
        Assert.Equal("tenant_not_found", CodeOf(await CreateAsync(new OwnerId("acme", "blue"))));
    }

    [Fact]
    public async Task CreateAsync_BelowWhatIsNotThere_NamesIt()
    {
        Assert.Equal("tenant_not_found", CodeOf(await CreateAsync(Red)));
        await CreateAsync(Zeta);
        var refusal = (await CreateAsync(Bob)).Refusal!;
        Assert.Equal(("team_not_found", "There is no team 'zeta/red'."), (refusal.Code, refusal.Message));
    }

    [Fact]
    public async Task ChangeAsync_OfOneField_LeavesTheOtherAndIsNotedWithBeforeAndAfter()
    {
        await CreateAsync(Zeta, "Zeta");
        await Tenants.ChangeAsync(Zeta, new OwnerChange { Enabled = false }, TestAudit.Actor, Cancel);
        Assert.Equal(("Zeta", false), (Tenants.Find("zeta")!.Name, Tenants.Find("zeta")!.Enabled));
        await Tenants.ChangeAsync(Zeta, new OwnerChange { Name = "New" }, TestAudit.Actor, Cancel);
        await Tenants.ChangeAsync(Zeta, new OwnerChange { Name = "New" }, TestAudit.Actor, Cancel);
        Assert.Equal(("New", false), (Tenants.Find("zeta")!.Name, Tenants.Find("zeta")!.Enabled));
        var notes = await AuditAsync();
        Assert.Equal(["tenant.create", "tenant.update", "tenant.update"], notes.Select(n => n.Action));
        Assert.Equal(("""{"enabled":false,"name":"Zeta"}""", """{"enabled":false,"name":"New"}""", "zeta", "zeta"), (notes[2].Before, notes[2].After, notes[2].Target, notes[2].Tenant));
    }

    [Fact]
    public async Task RemoveAsync_OfATenant_TakesAllBelowItAndNotesEach()
    {
        await MakeBobAsync();
        Assert.Null(CodeOf(await RemoveAsync(Zeta)));
        Assert.Null(Tenants.Find("zeta"));
        var notes = (await AuditAsync()).Where(n => n.Action.EndsWith(".delete", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["zeta", "zeta/red", "zeta/red/bob"], notes.Select(n => n.Target).Order());
        Assert.All(notes, n => Assert.True(n is { Before: not null, After: null }));
        Assert.Equal("tenant_not_found", CodeOf(await RemoveAsync(Zeta)));
        await CreateAsync(Zeta);
        Assert.Empty(Tenants.Find("zeta")!.Teams);
        using var reopened = Reopen();
        await reopened.Tenants.LoadAsync(Cancel);
        Assert.Empty(reopened.Tenants.Find("zeta")!.Teams);
    }

    [Fact]
    public async Task RemoveAsync_WhileAKeyBelongsToIt_IsRefusedUntilItIsRevoked()
    {
        await MakeBobAsync();
        await CreateAsync(new OwnerId("zeta", "other"));
        var key = (await _directory.Keys.CreateAsync(new KeyRequest { Tenant = "zeta", Team = "red", User = "bob" }, null, TestAudit.Actor, Cancel)).Key!;
        Assert.Equal("user_has_keys", CodeOf(await RemoveAsync(Bob)));
        Assert.Equal("team_has_keys", CodeOf(await RemoveAsync(Red)));
        Assert.Equal("tenant_has_keys", CodeOf(await RemoveAsync(Zeta)));
        Assert.Null(CodeOf(await RemoveAsync(new OwnerId("zeta", "other"))));
        Assert.True(Tenants.Find("zeta")!.Teams["red"].Users.ContainsKey("bob"));
        await _directory.Keys.RevokeAsync(key.Id, TestAudit.Actor, Cancel);
        Assert.Null(CodeOf(await RemoveAsync(Zeta)));
    }

    [Fact]
    public async Task Keys_OfATenantMadeAtRunTime_AreMadeOnlyForMembersItHas()
    {
        await MakeBobAsync();
        Assert.NotNull((await KeyAsync("zeta", "red", "bob")).Secret);
        Assert.Equal("user", Assert.Single((await KeyAsync("zeta", "red", "eve")).Faults!).Path);
        var unknown = Assert.Single((await KeyAsync("none", null, null)).Faults!);
        Assert.Equal("There is no tenant of that id. There are: acme, closed, zeta.", unknown.Message);

        Task<KeyAnswer> KeyAsync(string tenant, string? team, string? user) =>
            _directory.Keys.CreateAsync(new KeyRequest { Tenant = tenant, Team = team, User = user }, null, TestAudit.Actor, Cancel);
    }

    [Fact]
    public async Task KeysAndDeletion_WhenTheyRace_NeverLeaveAKeyWithoutItsTenant()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = new OwnerId($"race{round}");
            await CreateAsync(id);
            var make = Task.Run(() => _directory.Keys.CreateAsync(new KeyRequest { Tenant = id.Tenant }, null, TestAudit.Actor, Cancel), Cancel);
            var delete = Task.Run(() => RemoveAsync(id), Cancel);
            var (made, deleted) = ((await make).Refusal is null, (await delete).Refusal is null);
            Assert.True(made != deleted, $"round {round}: made {made}, deleted {deleted}");
        }
    }

    [Fact]
    public async Task RacingCreates_OfUsersOfOneTeam_LoseNone()
    {
        await CreateAsync(Zeta);
        await CreateAsync(Red);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => CreateAsync(Red with { User = $"user{i}" }), Cancel)));
        Assert.Equal(40, Tenants.Find("zeta")!.Teams["red"].Users.Count);
    }

    [Fact]
    public async Task Teams_BeyondTheBound_AreRefused()
    {
        await CreateAsync(Zeta);
        // Put into the store past the directory: each call would wait for the disk.
        using (var connection = _directory.Database.Connect())
        using (var transaction = connection.BeginTransaction())
        {
            for (var i = 1; i < TenantDirectory.TeamsMax; i++)
                Dapper.SqlMapper.Execute(connection, "INSERT INTO owners VALUES ('zeta', @team, '', 'x', 1, 0, 'x', 1)", new { team = $"t{i}" }, transaction);
            transaction.Commit();
        }

        await Tenants.LoadAsync(Cancel);
        Assert.Null(CodeOf(await CreateAsync(new OwnerId("zeta", "last"))));
        Assert.Equal("too_many_teams", CodeOf(await CreateAsync(new OwnerId("zeta", "one-more"))));
    }

    [Fact]
    public async Task Find_OfATenantOfBoth_AllocatesNothing()
    {
        await CreateAsync(new OwnerId("acme", "red"));
        var snapshot = _directory.Snapshot;
        Assert.Equal(0, Allocated.Least(() => Tenants.Find(snapshot, "acme")));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    private TestDirectory Reopen() => new(NullLoggerFactory.Instance, _time, _folder.Path);

    private Task<OwnerAnswer> CreateAsync(OwnerId id, string? name = null) => Tenants.CreateAsync(id, new OwnerRequest { Id = id.Last, Name = name }, TestAudit.Actor, Cancel);

    private Task<OwnerAnswer> RemoveAsync(OwnerId id) => Tenants.RemoveAsync(id, TestAudit.Actor, Cancel);

    private static string? CodeOf(OwnerAnswer answer) => answer.Refusal?.Code;

    private async Task MakeBobAsync()
    {
        Assert.True((await CreateAsync(Zeta, "Zeta")).Made);
        Assert.True((await CreateAsync(Red)).Made);
        Assert.True((await CreateAsync(Bob)).Made);
    }

    private void Use(TenantSettings? zeta) => Use("zeta", zeta);

    private void UseAcme(TenantSettings? acme) => Use("acme", acme);

    private void Use(string id, TenantSettings? settings)
    {
        var tenants = TestDirectory.Settings.Tenants.ToDictionary();
        tenants.Remove(id);
        if (settings is not null) tenants[id] = settings;
        _directory.Snapshot = Snapshot.Compile(TestDirectory.Settings with { Tenants = tenants, Keys = new Dictionary<string, KeySettings>() }, 2, "");
    }

    private async Task<List<AuditEntry>> AuditAsync()
    {
        var notes = new List<AuditEntry>();
        await foreach (var record in new SqliteAuditLog(_directory.Database).ReadAllAsync(new AuditFilter(1), Cancel))
        {
            if (!record.Entry.Action.StartsWith("key.", StringComparison.Ordinal)) notes.Add(record.Entry);
        }

        return notes;
    }
}
