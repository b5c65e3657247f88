using System.Net;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Accounting;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Limits;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Accounting;

/// <summary>The audit finds nothing where nothing is wrong, and each fault that is put into the books by hand.</summary>
public sealed class UsageAuditTests
{
    private const string Budgets = "budgets: {all: {per: [tenant], limit: 1, period: lifetime}, daily: {per: [key], limit: 1, period: day}, week: {per: [tenant], limit: 1, rolling: 7d}}\n";

    private const string LastRecord = "(SELECT id FROM usage_records ORDER BY sequence DESC LIMIT 1)";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Audit_OfBooksWithAFaultPutIn_NamesItAndOfRightOnesNothing()
    {
        var books = Directory.CreateTempSubdirectory("audit-");
        try
        {
            var yaml = await FillAsync(books.FullName);
            Assert.Empty((await AuditAsync(books.FullName, yaml)).Differences);
            foreach (var (name, database, kinds, plant) in Faults())
            {
                var folder = Directory.CreateDirectory(Path.Combine(books.FullName, name));
                foreach (var file in (string[])["usage.db", "ledger.db"]) File.Copy(Path.Combine(books.FullName, file), Path.Combine(folder.FullName, file));
                await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder.FullName, database)};Pooling=False"))
                {
                    plant(connection);
                }

                var found = (await AuditAsync(folder.FullName, yaml)).Differences;
                foreach (var kind in kinds) Assert.True(found.Any(d => d.Kind == kind), $"{name}: no {kind} among {string.Join("; ", found)}");
            }
        }
        finally
        {
            books.Delete(recursive: true);
        }
    }

    private static IEnumerable<(string Name, string Database, string[] Kinds, Action<SqliteConnection> Plant)> Faults()
    {
        yield return ("record deleted", "usage.db", ["ledger", "rollup"], c => c.Execute($"DELETE FROM usage_records WHERE id = {LastRecord}"));
        yield return ("record doubled", "usage.db", ["double", "ledger", "rollup"], c => Change(c, r => r with { Id = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) }, isNew: true));
        yield return ("cost changed", "usage.db", ["price", "rollup"], c => Change(c, r => r with { Cost = r.Cost with { Output = r.Cost.Output + 1 } }));
        yield return ("cost moved to another class", "usage.db", ["price", "rollup"], c => Change(c, r => r with { Cost = r.Cost with { Output = r.Cost.Output - 1, Tools = 1 } }));
        yield return ("charge changed", "usage.db", ["ledger"], c => Change(c, r => r with { Charges = [r.Charges[0] with { Amount = r.Charges[0].Amount - 1 }, .. r.Charges.Skip(1)] }));
        yield return ("tokens changed", "usage.db", ["price", "rollup"], c => Change(c, r => r with { Tokens = r.Tokens with { Output = r.Tokens.Output + 1 } }));
        yield return ("source forgotten", "usage.db", ["record"], c => Change(c, r => r with { Source = UsageSource.None }));
        yield return ("correction of nothing", "usage.db", ["record"], c => Change(c, r => r with { Id = Guid.AllBitsSet, Kind = UsageKind.Correction, Corrects = new Guid(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9) }, isNew: true));
        yield return ("minute changed", "usage.db", ["rollup"], c => c.Execute("UPDATE usage_minutes SET cost_output = cost_output + 1 WHERE bucket = (SELECT max(bucket) FROM usage_minutes)"));
        yield return ("hour deleted", "usage.db", ["rollup"], c => c.Execute("DELETE FROM usage_hours"));
        yield return ("day changed", "usage.db", ["rollup"], c => c.Execute("UPDATE usage_days SET requests = requests + 1"));
        yield return ("posted changed", "ledger.db", ["ledger"], c => c.Execute("UPDATE ledger_accounts SET posted = posted + 1, available = available - 1 WHERE rule = 'budgets.daily'"));
        yield return ("posted in a window changed", "ledger.db", ["ledger"], c => c.Execute("UPDATE ledger_accounts SET posted = posted - 1, available = available + 1 WHERE rule = 'budgets.week' AND posted > 0"));
        yield return ("available changed", "ledger.db", ["equation"], c => c.Execute("UPDATE ledger_accounts SET available = available + 1 WHERE rule = 'budgets.all'"));
        yield return ("lease granted more", "ledger.db", ["equation"], c => c.Execute("UPDATE ledger_leases SET granted = granted + 1 WHERE rule = 'budgets.all' AND state <> 2"));
        yield return ("lease spent more", "ledger.db", ["lease"], c => c.Execute("UPDATE ledger_leases SET posted = posted + 1, granted = granted + 1 WHERE rule = 'budgets.all'"));
        yield return ("account deleted", "ledger.db", ["ledger"], c => c.Execute("DELETE FROM ledger_accounts WHERE rule = 'budgets.daily'"));
    }

    private static void Change(SqliteConnection connection, Func<UsageRecord, UsageRecord> change, bool isNew = false)
    {
        var bytes = connection.ExecuteScalar<byte[]>($"SELECT record FROM usage_records WHERE id = {LastRecord}")!;
        var changed = change(UsageRecordCodec.Read(bytes));
        var buffer = new byte[UsageRecordCodec.LengthMax(changed)];
        var record = buffer[..UsageRecordCodec.Write(changed, buffer)];
        if (!isNew) connection.Execute($"UPDATE usage_records SET record = @record WHERE id = {LastRecord}", new { record });
        else connection.Execute($"INSERT INTO usage_records (id, at, tuple, request_id, tags, record) SELECT @id, at, tuple, request_id, tags, @record FROM usage_records WHERE id = {LastRecord}", new { id = changed.Id.ToByteArray(bigEndian: true), record });
    }

    /// <summary>Calls of all sorts through a gateway whose books are then copied; answers its configuration.</summary>
    private static async Task<string> FillAsync(string folder)
    {
        await using var bed = await LimitBed.StartAsync(Budgets, isKept: true);
        using var admin = new AccountingBed(bed.Gateway);
        foreach (var (model, more) in ((string, string)[])[("o", ""), ("a", ",\"stream\":true"), ("nowhere-then-o", ""), ("no-such-model", ""), ("gpt-4o", ",\"stream\":true"), ("o", ",\"max_tokens\":3")])
        {
            using var answer = await bed.ChatAsync(model, more.Contains("max_tokens", StringComparison.Ordinal) ? more : more + ",\"max_tokens\":7");
            await LimitBed.TextAsync(answer);
            Assert.Equal(model == "no-such-model" ? HttpStatusCode.NotFound : HttpStatusCode.OK, answer.StatusCode);
        }

        var audit = await admin.AgreeAsync();
        Assert.Equal((7, 5), (audit.GetProperty("records").GetInt32(), audit.GetProperty("priced").GetInt32()));
        Assert.Equal(bed.Mill.Bill, await admin.PostedAsync("all"));
        Assert.Equal(audit.ToString(), (await admin.GetAsync("/audit/usage")).ToString());
        // With a call under way, so that a lease has money out.
        var over = new TaskCompletionSource();
        bed.Mill.Pace = _ => over.Task;
        using var begun = await bed.ChatAsync("o", ",\"stream\":true,\"max_tokens\":9");
        await admin.AgreeAsync();
        foreach (var file in (string[])["usage.db", "ledger.db"])
        {
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(bed.Gateway.Folder, ".gateway", file)};Pooling=False");
            await connection.ExecuteAsync("VACUUM INTO @to", new { to = Path.Combine(folder, file) });
        }

        over.SetResult();
        return await File.ReadAllTextAsync(Path.Combine(bed.Gateway.Folder, "gateway.yaml"), Cancel);
    }

    private static async Task<AuditReport> AuditAsync(string folder, string yaml)
    {
        var path = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(path, yaml, Cancel);
        using var source = new SnapshotSource(path, _ => null, TimeProvider.System, NullLogger<SnapshotSource>.Instance);
        Assert.Empty(source.Load());
        await using var usage = new SqliteUsageStore(SqliteDatabase.OpenUsage(folder, TimeProvider.System, NullLogger<SqliteDatabase>.Instance));
        await using var ledger = new SqliteLedgerStore(SqliteDatabase.OpenLedger(folder, TimeProvider.System, NullLogger<SqliteDatabase>.Instance), TimeProvider.System);
        var rules = new RuleTables(() => source.Current, new AccountBook(), TimeProvider.System);
        return await new UsageAudit(new UsageBook(), usage, new AccountBook(), ledger, rules, () => source.Current, TimeProvider.System).RunAsync(Cancel);
    }
}
