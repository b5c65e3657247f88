using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly StateFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Connect_WhenAsked_WaitsForTheDiskOnEveryWrite()
    {
        using var database = Open(_folder.Path);
        using var connection = database.Connect();
        Assert.Equal("wal", connection.ExecuteScalar<string>("PRAGMA journal_mode"));
        Assert.Equal(2, connection.ExecuteScalar<long>("PRAGMA synchronous"));
        Assert.Equal(5000, connection.ExecuteScalar<long>("PRAGMA busy_timeout"));
    }

    [Fact]
    public async Task Open_AfterTheProcessWasKilled_FindsEveryAcknowledgedWrite()
    {
        using var database = Open(_folder.Path);
        await new SqliteKeyStore(database).AddAsync(NewKey(), TestAudit.Entry, Cancel);

        // What a killed process leaves: the files as they are now, with the write still in the WAL and nothing closed.
        using var left = new StateFolder();
        foreach (var file in (string[])["gateway.db", "gateway.db-wal"]) File.Copy(_folder.File(file), left.File(file));
        using var reopened = Open(left.Path);
        Assert.NotNull(await new SqliteKeyStore(reopened).FindAsync("key_1", Cancel));
    }

    [Fact]
    public async Task Open_AfterItWasClosed_FindsWhatWasWritten()
    {
        using (var database = Open(_folder.Path)) await new SqliteKeyStore(database).AddAsync(NewKey(), TestAudit.Entry, Cancel);
        using var reopened = Open(_folder.Path);
        Assert.NotNull(await new SqliteKeyStore(reopened).FindAsync("key_1", Cancel));
    }

    [Fact]
    public void Open_WhenANewerProgramWroteTheDatabase_RefusesAndSaysSo()
    {
        using (var database = Open(_folder.Path))
        {
            using var connection = database.Connect();
            connection.Execute("INSERT INTO migrations VALUES (999, 'from the future', 0)");
        }

        var refused = Assert.Throws<StorageException>(() => Open(_folder.Path));
        Assert.Contains("version 999", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer gateway", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenTheFileIsNoDatabase_RefusesAndNamesIt()
    {
        File.WriteAllText(_folder.File("gateway.db"), new string('x', 8_000));
        var refused = Assert.Throws<StorageException>(() => Open(_folder.Path));
        Assert.Contains(_folder.File("gateway.db"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenFolderAndFileAreNew_LetsOnlyTheOwnerIn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        var state = _folder.File("state");
        using var database = Open(state);
        await new SqliteKeyStore(database).AddAsync(NewKey(), TestAudit.Entry, Cancel);
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(owner | UnixFileMode.UserExecute, ModeOf(state));
        foreach (var file in Directory.GetFiles(state)) Assert.Equal(owner, ModeOf(file));
    }

    [Fact]
    public void Open_WhenTheFileIsOpenToOthers_ClosesIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        File.WriteAllBytes(_folder.File("gateway.db"), []);
        using var database = Open(_folder.Path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(_folder.File("gateway.db")));
    }

    public void Dispose() => _folder.Dispose();

    private static SqliteDatabase Open(string folder) => SqliteDatabase.Open(folder, new ManualTime(), NullLogger<SqliteDatabase>.Instance);

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static Key NewKey() => new() { Id = "key_1", Hash = KeyHash.Of("one"), Display = "ogw_abcd…", Tenant = "acme" };
}
