using System.Net;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Storage;

/// <summary>What every store of keys promises. Each store runs it.</summary>
public abstract class KeyStoreContract
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A new, empty store.</summary>
    private protected abstract IKeyStore Store { get; }

    [Fact]
    public async Task FindAsync_WhenAKeyWithAllItsFieldsWasAdded_ReturnsThemAll()
    {
        var key = Full("key_full");
        Assert.Null(await Store.AddAsync(key, TestAudit.Entry, Cancel));
        Assert.Equal(Describe(key), Describe(await Store.FindAsync("key_full", Cancel)));
    }

    [Fact]
    public async Task FindAsync_WhenAKeyWithOnlyItsNeededFieldsWasAdded_ReturnsIt()
    {
        var key = Plain(1);
        await Store.AddAsync(key, TestAudit.Entry, Cancel);
        Assert.Equal(Describe(key), Describe(await Store.FindAsync(key.Id, Cancel)));
    }

    [Fact]
    public async Task FindAsync_WhenThereIsNoSuchKey_ReturnsNone() => Assert.Null(await Store.FindAsync("key_none", Cancel));

    [Fact]
    public async Task ReadAllAsync_WhenKeysWereAdded_StreamsEachOnce()
    {
        var keys = Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? Plain(i) : Full($"key_{i}", i)).ToArray();
        foreach (var key in keys) await Store.AddAsync(key, TestAudit.Entry, Cancel);
        var read = await ReadAllAsync();
        Assert.Equal(keys.Select(Describe).Order(), read.Select(Describe).Order());
    }

    [Fact]
    public async Task AddAsync_WhenTheIdempotencyKeyWasUsed_AddsNothingAndNamesTheEarlierKey()
    {
        await Store.AddAsync(Plain(1) with { IdempotencyKey = "once" }, TestAudit.Entry, Cancel);
        Assert.Equal(Plain(1).Id, await Store.AddAsync(Plain(2) with { IdempotencyKey = "once" }, TestAudit.Entry, Cancel));
        Assert.Equal(Plain(1).Id, Assert.Single(await ReadAllAsync()).Id);
    }

    [Fact]
    public async Task AddAsync_WhenTheIdOrTheHashIsTaken_Throws()
    {
        await Store.AddAsync(Plain(1), TestAudit.Entry, Cancel);
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Store.AddAsync(Plain(2) with { Id = Plain(1).Id }, TestAudit.Entry, Cancel));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Store.AddAsync(Plain(2) with { Hash = Plain(1).Hash }, TestAudit.Entry, Cancel));
    }

    [Fact]
    public async Task ReplaceAsync_WhenTheKeyIsAsExpected_StoresTheReplacementWithTheNextVersion()
    {
        var before = Full("key_1");
        await Store.AddAsync(before, TestAudit.Entry, Cancel);
        var after = before with { Hash = KeyHash.Of("new"), PreviousHash = before.Hash, PreviousUntil = Now.AddDays(1), RevokedAt = Now, Display = "ogw_new…" };
        Assert.True(await Store.ReplaceAsync(before, after, TestAudit.Entry, Cancel));
        Assert.Equal(Describe(after with { Version = before.Version + 1 }), Describe(await Store.FindAsync("key_1", Cancel)));
    }

    [Fact]
    public async Task ReplaceAsync_WhenTheKeyWasChangedSince_ChangesNothing()
    {
        var before = Plain(1);
        await Store.AddAsync(before, TestAudit.Entry, Cancel);
        Assert.True(await Store.ReplaceAsync(before, before with { Name = "first" }, TestAudit.Entry, Cancel));
        Assert.False(await Store.ReplaceAsync(before, before with { Name = "second" }, TestAudit.Entry, Cancel));
        Assert.Equal("first", (await Store.FindAsync(before.Id, Cancel))!.Name);
    }

    [Fact]
    public async Task ReplaceAsync_WhenThereIsNoSuchKey_ReturnsFalse() => Assert.False(await Store.ReplaceAsync(Plain(1), Plain(1), TestAudit.Entry, Cancel));

    [Fact]
    public async Task ReplaceAsync_WhenManyRaceForOneKey_LetsOneWin()
    {
        var before = Plain(1);
        await Store.AddAsync(before, TestAudit.Entry, Cancel);
        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Task.Run(() => Store.ReplaceAsync(before, before with { Name = $"racer {i}" }, TestAudit.Entry, Cancel), Cancel)));
        Assert.Single(won, w => w);
    }

    [Fact]
    public async Task ListAsync_WhenKeysFillSeveralPages_ReturnsEachOnceOldestFirst()
    {
        for (var i = 0; i < 7; i++) await Store.AddAsync(Plain(i), TestAudit.Entry, Cancel);
        var (seen, sizes, after) = (new List<string>(), new List<int>(), (string?)null);
        do
        {
            var page = (await Store.ListAsync(new KeyFilter(3, After: after), Cancel))!;
            seen.AddRange(page.Keys.Select(k => k.Id));
            sizes.Add(page.Keys.Count);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => Plain(i).Id), seen);
        Assert.Equal([3, 3, 1], sizes);
    }

    [Theory]
    [InlineData("acme", null, null, new[] { 1, 2, 3 })]
    [InlineData("acme", "blue", null, new[] { 2, 3 })]
    [InlineData("acme", "blue", "ada", new[] { 3 })]
    [InlineData(null, "blue", null, new[] { 2, 3, 4 })]
    [InlineData("none", null, null, new int[0])]
    public async Task ListAsync_WhenFiltered_ReturnsOnlyKeysThatMatchAll(string? tenant, string? team, string? user, int[] expected)
    {
        await Store.AddAsync(Plain(1), TestAudit.Entry, Cancel);
        await Store.AddAsync(Plain(2) with { Team = "blue" }, TestAudit.Entry, Cancel);
        await Store.AddAsync(Plain(3) with { Team = "blue", User = "ada" }, TestAudit.Entry, Cancel);
        await Store.AddAsync(Plain(4) with { Tenant = "other", Team = "blue" }, TestAudit.Entry, Cancel);
        var page = (await Store.ListAsync(new KeyFilter(100, tenant, team, user), Cancel))!;
        Assert.Equal(expected.Select(i => Plain(i).Id), page.Keys.Select(k => k.Id));
    }

    [Theory]
    [InlineData("key_none", null, null)]
    [InlineData("key_00000000000000000002", "acme", null)]
    [InlineData("key_00000000000000000001", "acme", "blue")]
    public async Task ListAsync_AfterAKeyThatDoesNotMatch_AnswersThatThereIsNoSuchPage(string after, string? tenant, string? team)
    {
        await Store.AddAsync(Plain(1), TestAudit.Entry, Cancel);
        await Store.AddAsync(Plain(2) with { Tenant = "other" }, TestAudit.Entry, Cancel);
        await Store.AddAsync(Plain(3), TestAudit.Entry, Cancel);
        Assert.Null(await Store.ListAsync(new KeyFilter(100, tenant, team, After: after), Cancel));
        Assert.Equal(Plain(3).Id, Assert.Single((await Store.ListAsync(new KeyFilter(100, "acme", After: Plain(1).Id), Cancel))!.Keys).Id);
    }

    private static Key Plain(int number) => new()
    {
        Id = $"key_{number:D20}",
        Hash = KeyHash.Of($"plain {number}"),
        Display = "ogw_abcd…",
        Tenant = "acme",
        CreatedAt = Now,
    };

    private static Key Full(string id, int number = 0) => new()
    {
        Id = id,
        Hash = KeyHash.Of($"full {number}"),
        PreviousHash = KeyHash.Of($"previous {number}"),
        PreviousUntil = Now.AddHours(1),
        Display = "ogw_abcd…",
        Name = "Ünïcode 'quoted' \"name\"",
        Tenant = "acme",
        Team = "blue",
        User = "ada",
        Models = ["gpt-*", "claude"],
        Routes = ["chat"],
        IpRanges = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32")],
        Metadata = new Dictionary<string, string> { ["cost centre"] = "42", ["empty"] = "" },
        CreatedAt = Now,
        ExpiresAt = Now.AddYears(1),
        RevokedAt = Now.AddMinutes(1),
        IdempotencyKey = $"once {number}",
        Version = 3,
    };

    private static string Describe(Key? key) => key is null ? "none" : string.Join('|',
        key.Id, key.Hash, key.PreviousHash, key.PreviousUntil?.ToString("O"), key.Display, key.Name, key.Tenant, key.Team, key.User,
        string.Join(',', key.Models), string.Join(',', key.Routes), string.Join(',', key.IpRanges),
        string.Join(',', key.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)),
        key.CreatedAt.ToString("O"), key.ExpiresAt?.ToString("O"), key.RevokedAt?.ToString("O"), key.IdempotencyKey, key.Version);

    private async Task<List<Key>> ReadAllAsync()
    {
        var read = new List<Key>();
        await foreach (var key in Store.ReadAllAsync(Cancel)) read.Add(key);
        return read;
    }
}
