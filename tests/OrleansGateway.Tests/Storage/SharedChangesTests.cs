using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage.Ledger;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Storage;

/// <summary>Two nodes with one store: what admins change by way of one, the other takes over.</summary>
public sealed class SharedChangesTests(SharedPostgres postgres) : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private Node _one = null!;
    private Node _two = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static AuditActor By => TestAudit.Actor;

    public async ValueTask InitializeAsync()
    {
        var connection = await postgres.NewDatabaseAsync();
        (_one, _two) = (await Node.StartAsync(connection, "one", _time), await Node.StartAsync(connection, "two", _time));
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)] [InlineData(1)]
    public async Task Key_OfAnotherNode_IsAcceptedRotatedAndRefused(int graceHours)
    {
        var made = await _one.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, By, Cancel);
        Assert.Null(_two.Find(made.Secret));
        await _two.LookAsync();
        Assert.Equal(made.Key!.Id, _two.Find(made.Secret)!.KeyId);

        var rotated = await _two.Keys.RotateAsync(made.Key.Id, TimeSpan.FromHours(graceHours), By, Cancel);
        await _one.LookAsync();
        Assert.Equal(made.Key.Id, _one.Find(rotated.Secret)!.KeyId);
        Assert.Equal(graceHours > 0, _one.Find(made.Secret) is not null);

        await _one.Keys.RevokeAsync(made.Key.Id, By, Cancel);
        await _two.LookAsync();
        Assert.Null(_two.Find(rotated.Secret));
        Assert.Null(_two.Find(made.Secret));
        Assert.Equal(0, _two.Keys.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Key_RotatedTwiceAndOneRevokedBetweenTwoLooks_AreAsTheyAreNow()
    {
        var first = await _one.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, By, Cancel);
        var other = await _one.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, By, Cancel);
        await _two.LookAsync();
        var second = await _one.Keys.RotateAsync(first.Key!.Id, TimeSpan.FromHours(1), By, Cancel);
        var third = await _one.Keys.RotateAsync(first.Key.Id, TimeSpan.FromHours(1), By, Cancel);
        await _one.Keys.RevokeAsync(other.Key!.Id, By, Cancel);
        await _two.LookAsync();
        Assert.Null(_two.Find(first.Secret));
        Assert.NotNull(_two.Find(second.Secret));
        Assert.NotNull(_two.Find(third.Secret));
        Assert.Null(_two.Find(other.Secret));
    }

    [Fact(Timeout = 60_000)]
    public async Task Tenant_OfAnotherNode_HasKeysIsClosedAndIsGone()
    {
        var globex = new OwnerId("globex");
        Assert.True((await _one.Tenants.CreateAsync(globex, new OwnerRequest { Id = "globex", Name = "Globex" }, By, Cancel)).Made);
        Assert.True((await _one.Tenants.CreateAsync(new OwnerId("globex", "blue"), new OwnerRequest { Id = "blue" }, By, Cancel)).Made);
        await _two.LookAsync();
        Assert.True(_two.Tenants.Find("globex")!.Teams.ContainsKey("blue"));
        var key = await _two.Keys.CreateAsync(new KeyRequest { Tenant = "globex", Team = "blue" }, null, By, Cancel);
        Assert.NotNull(key.Secret);

        await _two.Tenants.ChangeAsync(globex, new OwnerChange { Enabled = false }, By, Cancel);
        // Not known here yet, so that it would be judged by what is old: the store says no.
        Assert.NotNull((await _one.Tenants.ChangeAsync(globex, new OwnerChange { Name = "Other" }, By, Cancel)).Refusal);
        await _one.LookAsync();
        Assert.False(_one.Tenants.Find("globex")!.Enabled);
        Assert.NotNull((await _one.Tenants.RemoveAsync(globex, By, Cancel)).Refusal);
        await _one.Keys.RevokeAsync(key.Key!.Id, By, Cancel);
        Assert.Null((await _one.Tenants.RemoveAsync(globex, By, Cancel)).Refusal);
        await _two.LookAsync();
        Assert.Null(_two.Tenants.Find("globex"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Admin_OfAnotherNode_IsLetInAndRefused_AndTheFirstTokenIsOneForAll()
    {
        Assert.NotNull(_one.Token.Fresh);
        Assert.Null(_two.Token.Fresh);
        Assert.NotNull(await _two.Admins.FindAsync("Bearer " + _one.Token.Fresh.Reveal(), Cancel));

        var made = await _one.Admins.CreateAsync(new AdminRequest { Role = "viewer" }, "once", By, Cancel);
        await _two.LookAsync();
        Assert.NotNull(await _two.Admins.FindAsync("Bearer " + made.Secret!.Reveal(), Cancel));
        Assert.NotNull((await _two.Admins.CreateAsync(new AdminRequest { Role = "viewer" }, "once", By, Cancel)).Refusal);
        await _two.Admins.RevokeAsync(made.Account!.Id, By, Cancel);
        await _one.LookAsync();
        Assert.Null(await _one.Admins.FindAsync("Bearer " + made.Secret.Reveal(), Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task AuditLog_OfBoth_IsOneChain()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? _one : _two).Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, By, Cancel)));
        var verdict = await _one.Audit.VerifyAsync(Cancel);
        Assert.Equal((21, null), (verdict.Records, verdict.Fault));
        var page = await _two.Audit.ListAsync(new AuditFilter(5, Action: "key.", Tenant: "acme"), Cancel);
        Assert.Equal([21L, 20, 19, 18, 17], page.Records.Select(r => r.Sequence));
        Assert.Equal(15, (await _two.Audit.ListAsync(new AuditFilter(50, Action: "key.create", Before: page.Next), Cancel)).Records.Count);
        await using var connection = await _one.Database.ConnectAsync(Cancel);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => connection.ChangeAsync(null, "DELETE FROM gateway.audit"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Configurations_AddedByTwoNodesAtOnce_AreOneAfterAnother()
    {
        PostgresConfigurations[] nodes = [new(_one.Database), new(_two.Database)];
        Assert.Null(await nodes[0].NewestAsync(known: null, Cancel));
        for (var sequence = 1; sequence <= 5; sequence++)
        {
            var offered = nodes.Select((_, node) => new SharedText(sequence, $"# {sequence} of {node}")).ToArray();
            var added = await Task.WhenAll(nodes.Select((node, i) => node.AddAsync(offered[i], Applied(offered[i]), TestAudit.Entry)));
            Assert.Single(added, true);
            var newest = offered[Array.IndexOf(added, true)];
            foreach (var node in nodes)
            {
                Assert.Equal(newest, await node.NewestAsync(known: "other", Cancel));
                Assert.Null(await node.NewestAsync(newest.Version, Cancel));
                Assert.Equal("masked", (await node.FindAsync(newest.Version, Cancel))!.Text);
            }
        }

        Assert.False(await nodes[0].AddAsync(new SharedText(7, ""), Applied(new SharedText(7, "")), TestAudit.Entry));
        Assert.Equal(["5", "4", "3", "2", "1"], (await nodes[1].ListAsync(Cancel)).Select(a => a.Version.Split('-')[0]));
        Assert.Equal(6, (await _one.Audit.VerifyAsync(Cancel)).Records);
    }

    private AppliedConfiguration Applied(SharedText version) => new(version.Version, "masked", _time.GetUtcNow(), "start");

    [Fact(Timeout = 60_000)]
    public async Task Look_WhileTheStoreIsGone_LeavesAllAsItIs()
    {
        var made = await _one.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, By, Cancel);
        await _two.LookAsync();
        await _two.Database.DisposeAsync();
        await _two.LookAsync();
        Assert.NotNull(_two.Find(made.Secret));
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly StateFolder _folder = new();
        private readonly WriteTurn _turn = new();
        private readonly Readiness _readiness = new();
        private readonly Snapshot _snapshot = Snapshot.Compile(TestDirectory.Settings, 1, "");
        private SharedChanges _changes = null!;

        public required PostgresDatabase Database { get; init; }

        public KeyDirectory Keys { get; private set; } = null!;

        public TenantDirectory Tenants { get; private set; } = null!;

        public AdminDirectory Admins { get; private set; } = null!;

        public AdminToken Token { get; private set; } = null!;

        public PostgresAuditLog Audit => new(Database);

        public static async Task<Node> StartAsync(string connection, string name, ManualTime time)
        {
            var node = new Node { Database = await PostgresDatabase.OpenAsync(connection, time, NullLogger<PostgresDatabase>.Instance, Cancel, name) };
            var admins = new PostgresAdminStore(node.Database);
            node.Token = await AdminToken.OpenAsync(admins, node._folder.Path, time, Cancel);
            node.Tenants = new TenantDirectory(new PostgresTenantStore(node.Database), node._turn, () => node._snapshot, time, NullLogger<TenantDirectory>.Instance);
            node.Keys = new KeyDirectory(new PostgresKeyStore(node.Database), node.Tenants, node._turn, () => node._snapshot, time, NullLogger<KeyDirectory>.Instance);
            node.Admins = new AdminDirectory(admins, node.Token, node.Tenants, node._turn, time, NullLogger<AdminDirectory>.Instance);
            node._changes = new SharedChanges(node.Audit, node.Keys, node.Tenants, node._readiness, time, NullLogger<SharedChanges>.Instance);
            await node._changes.StartAsync(LoadAsync, node.Admins, Cancel);
            return node;

            async Task LoadAsync(CancellationToken stop)
            {
                await node.Tenants.LoadAsync(stop);
                await node.Admins.LoadAsync(stop);
                await node.Keys.LoadAsync(stop);
            }
        }

        public Caller? Find(Secret? key) => Keys.Find(_snapshot, KeyHash.Of(key!.Reveal()));

        public Task LookAsync() => _changes.LookAsync(Admins, Cancel);

        public async ValueTask DisposeAsync()
        {
            await Database.DisposeAsync();
            _readiness.Dispose();
            _turn.Dispose();
            _folder.Dispose();
        }
    }
}
