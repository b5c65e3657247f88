using System.Data.Common;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// How the ledger is read, from SQLite and PostgreSQL alike. Several statements make up one answer: they run in a transaction that sees one state, or that has locked the owner.
/// </summary>
/// <param name="schema">What stands before names of tables: empty, or <c>gateway.</c></param>
internal sealed class LedgerReads(string schema)
{
    // Rows without an end are parts of one that rolls, or for ever. A period of which nothing is left was given up when the configuration had others: its number says nothing of
    // which was first.
    private readonly string _isOver = $"""
        a.ends IS NOT NULL AND EXISTS (SELECT 1 FROM {schema}ledger_accounts AS later
            WHERE later.owner = a.owner AND later.rule = a.rule AND later.scope = a.scope AND later.period > a.period
            AND later.ends IS NOT NULL AND (later.total <> 0 OR later.available <> 0 OR later.posted <> 0))
        AND NOT EXISTS (SELECT 1 FROM {schema}ledger_leases AS lease
            WHERE lease.owner = a.owner AND lease.rule = a.rule AND lease.scope = a.scope AND lease.period = a.period AND lease.state <> 2)
        """;

    /// <summary>
    /// Takes periods that are over out of the index by which an owner's rows are found, so that taking over costs what is open, and not what ever was.
    /// </summary>
    public string MarkPast => $"UPDATE {schema}ledger_accounts AS a SET is_past = 1 WHERE a.owner = @owner AND a.is_past = 0 AND {_isOver}";

    /// <summary>All that the owner needs; none if it was never heard of.</summary>
    public async Task<LedgerRecord?> RecordAsync(DbConnection connection, DbTransaction transaction, string owner)
    {
        if (await ReadAsync<StoredOwner>($"SELECT epoch, version FROM {schema}ledger_owners WHERE owner = @owner") is not [var found]) return null;
        var accounts = await ReadAsync<StoredAccount>(
            $"SELECT {StoredAccount.Columns} FROM {schema}ledger_accounts AS a WHERE a.owner = @owner AND a.is_past = 0 AND NOT ({_isOver}) ORDER BY rule, scope, period");
        var leases = await ReadAsync<StoredLease>(
            $"SELECT {StoredLease.Columns} FROM {schema}ledger_leases WHERE owner = @owner AND state <> 2 ORDER BY session, number, rule, scope");
        var suspense = await ReadAsync<StoredSuspense>(
            $"SELECT {StoredSuspense.Columns} FROM {schema}ledger_suspense WHERE owner = @owner AND settled IS NULL ORDER BY at, session, name");
        var credits = await ReadAsync<StoredCredit>(
            $"SELECT {StoredCredit.Columns} FROM {schema}ledger_credits WHERE owner = @owner ORDER BY granted, rule, scope, id");
        return new LedgerRecord
        {
            Owner = owner,
            Epoch = found.Epoch,
            Version = found.Version,
            Accounts = [.. accounts.Select(r => r.Row())],
            Leases = [.. leases.Select(r => r.Row())],
            Suspense = [.. suspense.Select(r => r.Row())],
            Credits = [.. credits.Select(r => r.Row())],
        };

        Task<List<T>> ReadAsync<T>(string sql) => connection.ReadAllAsync<T>(transaction, sql, ("owner", owner));
    }

    /// <summary>Owners with leases that are not closed, of other sessions than these.</summary>
    public async Task<IReadOnlyList<string>> OwnersOfOthersAsync(DbConnection connection, DbTransaction? transaction, IReadOnlyList<Guid> sessions)
    {
        var own = sessions.Select(s => s.ToString("N")).ToHashSet();
        var open = await connection.ReadAllAsync<StoredHolder>(transaction, $"SELECT DISTINCT owner, session FROM {schema}ledger_leases WHERE state <> 2");
        // Sorted out here: lists as parameters are written differently in the two databases.
        return [.. open.Where(o => !own.Contains(o.Session)).Select(o => o.Owner).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Every owner.</summary>
    public async Task<IReadOnlyList<string>> OwnersAsync(DbConnection connection, DbTransaction transaction) =>
        [.. (await connection.ReadAllAsync<StoredHolder>(transaction, $"SELECT owner, '' AS session FROM {schema}ledger_owners")).Select(o => o.Owner).Order(StringComparer.Ordinal)];

    /// <summary>All that is kept of an owner.</summary>
    public async Task<LedgerBooks?> BooksAsync(DbConnection connection, DbTransaction transaction, string owner)
    {
        if (await connection.ReadAllAsync<StoredOwner>(transaction, $"SELECT epoch, version FROM {schema}ledger_owners WHERE owner = @owner", ("owner", owner)) is not [_]) return null;
        return new LedgerBooks
        {
            Owner = owner,
            Accounts = [.. (await ReadAsync<StoredAccount>(StoredAccount.Columns, "accounts", "rule, scope, period")).Select(r => r.Row())],
            Leases = [.. (await ReadAsync<StoredLease>(StoredLease.Columns, "leases", "session, number, rule, scope")).Select(r => r.Row())],
            Suspense = [.. (await ReadAsync<StoredSuspense>(StoredSuspense.Columns, "suspense", "at, session, name, rule, scope, lease")).Select(r => r.Row())],
            Adjustments = [.. (await ReadAsync<StoredAdjustment>(StoredAdjustment.Columns, "adjustments", "at, id")).Select(r => r.Row())],
        };

        Task<List<T>> ReadAsync<T>(string columns, string table, string order) =>
            connection.ReadAllAsync<T>(transaction, $"SELECT {columns} FROM {schema}ledger_{table} WHERE owner = @owner ORDER BY {order}", ("owner", owner));
    }

    public async Task<LedgerHistory> HistoryAsync(DbConnection connection, DbTransaction transaction, LedgerHistoryQuery query)
    {
        List<(string, object)> asked = [("Owner", query.Owner), ("Before", query.Before?.ToUnixTimeMilliseconds() ?? long.MaxValue), ("Limit", (long)query.Limit)];
        if (query.Account is { } account) asked.AddRange([("Rule", account.Rule), ("Scope", LedgerText.ToStore(account.Scope))]);
        return new LedgerHistory
        {
            Accounts = [.. (await ReadAsync<StoredAccount>(StoredAccount.Columns, "accounts", "coalesce(starts, 0)", "rule, scope, period")).Select(r => r.Row())],
            Adjustments = [.. (await ReadAsync<StoredAdjustment>(StoredAdjustment.Columns, "adjustments", "at", "id")).Select(r => r.Row())],
            Notices = [.. (await ReadAsync<StoredNotice>(StoredNotice.Columns, "notices", "at", "rule, scope, period, percent DESC")).Select(r => r.Row())],
            Suspense = [.. (await ReadAsync<StoredSuspense>(StoredSuspense.Columns, "suspense", "at", "session, name, rule, scope, lease")).Select(r => r.Row())],
        };

        Task<List<T>> ReadAsync<T>(string columns, string table, string at, string then) => connection.ReadAllAsync<T>(transaction, $"""
            SELECT {columns} FROM {schema}ledger_{table}
            WHERE owner = @Owner AND {at} < @Before{(query.Account is null ? "" : " AND rule = @Rule AND scope = @Scope")}
            ORDER BY {at} DESC, {then} LIMIT @Limit
            """, [.. asked]);
    }

    // By owner, for so the index is: without it each look would go through all notices there ever were.
    public async Task<IReadOnlyList<OwnerNotice>> NoticesAsync(DbConnection connection, DbTransaction transaction, DateTimeOffset since, int limit) =>
    [
        .. (await connection.ReadAllAsync<StoredNotice>(transaction, $"""
            SELECT n.owner, {StoredNotice.Columns}
            FROM {schema}ledger_owners o CROSS JOIN {schema}ledger_notices n WHERE n.owner = o.owner AND at >= @at
            ORDER BY at, n.owner, rule, scope, period, percent LIMIT @limit
            """, ("at", since.ToUnixTimeMilliseconds()), ("limit", (long)limit))).Select(r => new OwnerNotice(r.Owner, r.Row())),
    ];

    /// <summary>
    /// Statements that each delete one slice of what may go, to be run until they delete nothing: no slice holds a lock for long.
    /// </summary>
    /// <param name="rowId">What names a row of any table: <c>rowid</c>, <c>ctid</c>.</param>
    /// <param name="rows">Rows in a slice.</param>
    public IReadOnlyList<string> Purges(string rowId, int rows)
    {
        const string PeriodIsOut = """
            EXISTS (SELECT 1 FROM {0}ledger_leases AS lease
                WHERE lease.owner = a.owner AND lease.rule = a.rule AND lease.scope = a.scope AND lease.period = a.period AND lease.state <> 2)
            """;
        var isOut = PeriodIsOut.Replace("{0}", schema, StringComparison.Ordinal);
        return
        [
            Slice("leases", "a.state = 2 AND a.closed < @leases"),
            Slice("accounts", $"a.ends < @periods AND NOT {isOut}"),
            Slice("notices", $"a.at < @periods AND NOT EXISTS (SELECT 1 FROM {schema}ledger_accounts AS account " +
                "WHERE account.owner = a.owner AND account.rule = a.rule AND account.scope = a.scope AND account.period = a.period)"),
            Slice("suspense", "a.settled IS NOT NULL AND a.at < @periods"),
            Slice("credits", "a.amount > 0 AND a.granted < @periods AND (a.burned >= a.amount OR a.expires < @periods)"),
        ];

        string Slice(string table, string which) =>
            $"DELETE FROM {schema}ledger_{table} WHERE {rowId} IN (SELECT a.{rowId} FROM {schema}ledger_{table} AS a WHERE {which} LIMIT {rows})";
    }
}
