using Microsoft.Data.Sqlite;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>What is written to the ledger in SQLite, statement by statement, on the one connection that writes.</summary>
internal sealed class SqliteLedgerWrites : IDisposable
{
    private readonly TimeProvider _time;
    private readonly SqliteStatement _raise, _account, _lease, _suspense, _credit, _adjustment, _notice, _correction, _difference;

    public SqliteLedgerWrites(SqliteConnection connection, TimeProvider time)
    {
        _time = time;
        _raise = Prepare("UPDATE ledger_owners SET version = version + 1 WHERE owner = @p1 AND version = @p2", 2);
        _account = Prepare("""
            INSERT INTO ledger_accounts (owner, rule, scope, period, total, available, posted, base, noticed, starts, ends, is_past)
            VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, 0)
            ON CONFLICT (owner, rule, scope, period) DO UPDATE SET total = excluded.total, available = excluded.available, posted = excluded.posted,
                base = excluded.base, noticed = excluded.noticed, starts = excluded.starts, ends = excluded.ends, is_past = 0
            """, 11);
        // Totals only grow, and a lease stays in its period: a row that says otherwise comes from a bug, and changes nothing here.
        _lease = Prepare("""
            INSERT INTO ledger_leases AS old (owner, session, rule, scope, number, period, granted, posted, returned, state, closed)
            VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11)
            ON CONFLICT (owner, session, rule, scope, number) DO UPDATE SET period = excluded.period, granted = excluded.granted, posted = excluded.posted,
                returned = excluded.returned, state = excluded.state, closed = excluded.closed
            WHERE (excluded.period = old.period OR EXISTS (SELECT 1 FROM ledger_accounts AS left_period
                    WHERE left_period.owner = old.owner AND left_period.rule = old.rule AND left_period.scope = old.scope AND left_period.period = old.period
                    AND left_period.total = 0 AND left_period.available = 0 AND left_period.posted = 0))
                AND excluded.granted >= old.granted AND excluded.posted >= old.posted AND excluded.returned >= old.returned
            """, 11);
        _suspense = Prepare("""
            INSERT INTO ledger_suspense (owner, session, name, rule, scope, lease, amount, at, settled) VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9)
            ON CONFLICT (owner, session, name, rule, scope, lease) DO UPDATE SET amount = excluded.amount, at = excluded.at, settled = excluded.settled
            """, 9);
        _credit = Prepare("""
            INSERT INTO ledger_credits (owner, rule, scope, id, amount, burned, priority, granted, expires, rolls_over)
            VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10)
            ON CONFLICT (owner, rule, scope, id) DO UPDATE SET amount = excluded.amount, burned = excluded.burned, priority = excluded.priority,
                granted = excluded.granted, expires = excluded.expires, rolls_over = excluded.rolls_over
            """, 10);
        _adjustment = Prepare("""
            INSERT INTO ledger_adjustments (owner, id, rule, scope, period, kind, amount, actor, reason, at) VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10)
            ON CONFLICT (owner, id) DO NOTHING
            """, 10);
        _notice = Prepare("""
            INSERT INTO ledger_notices (owner, rule, scope, period, percent, posted, total, at) VALUES (@p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8)
            ON CONFLICT (owner, rule, scope, period, percent) DO NOTHING
            """, 8);
        _correction = Prepare("UPDATE ledger_accounts SET posted = posted + @p5, available = available - @p5 WHERE owner = @p1 AND rule = @p2 AND scope = @p3 AND period = @p4", 5);
        _difference = Prepare("""
            SELECT total - available - posted - coalesce((SELECT sum(granted - posted - returned) FROM ledger_leases
                WHERE owner = @p1 AND rule = @p2 AND scope = @p3 AND period = @p4 AND state <> 2), 0)
            FROM ledger_accounts WHERE owner = @p1 AND rule = @p2 AND scope = @p3 AND period = @p4
            """, 4);

        SqliteStatement Prepare(string sql, int parameters) => new(connection, sql, parameters);
    }

    /// <summary>Writes all of it, or throws, and the caller takes back what was written until then.</summary>
    public LedgerOutcome Apply(SqliteTransaction transaction, LedgerWrite write)
    {
        if (_raise.Run(transaction, write.Owner, write.Version) == 0) return LedgerOutcome.Fenced;
        if (write.Adjustment is { } adjustment && !Add(transaction, write.Owner, adjustment)) return LedgerOutcome.Written;
        foreach (var row in write.Accounts)
        {
            _account.Run(transaction, write.Owner, row.Account.Rule, LedgerText.ToStore(row.Account.Scope), row.Period, row.Limit, row.Available, row.Posted, row.Base,
                row.Noticed, row.Start?.ToUnixTimeMilliseconds(), row.End?.ToUnixTimeMilliseconds());
        }

        foreach (var row in write.Leases) Put(transaction, write.Owner, row);
        foreach (var row in write.Suspense)
        {
            _suspense.Run(transaction, write.Owner, row.Session.ToString("N"), LedgerText.ToStore(row.Name), row.Account.Rule, LedgerText.ToStore(row.Account.Scope),
                row.Lease, row.Amount, row.At.ToUnixTimeMilliseconds(), row.Settled);
        }

        foreach (var row in write.Credits)
        {
            _credit.Run(transaction, write.Owner, row.Account.Rule, LedgerText.ToStore(row.Account.Scope), LedgerText.ToStore(row.Id), row.Amount, row.Burned, row.Priority,
                row.GrantedAt.ToUnixTimeMilliseconds(), row.ExpiresAt?.ToUnixTimeMilliseconds(), row.RollsOver ? 1L : 0L);
        }

        foreach (var row in write.Notices)
        {
            _notice.Run(transaction, write.Owner, row.Account.Rule, LedgerText.ToStore(row.Account.Scope), row.Period, row.Percent, row.Posted, row.Limit,
                row.At.ToUnixTimeMilliseconds());
        }

        foreach (var row in write.Corrections)
            _correction.Run(transaction, write.Owner, row.Account.Rule, LedgerText.ToStore(row.Account.Scope), row.Period, row.Amount);

        foreach (var (account, period) in LedgerEquation.AccountsOf(write)) Check(transaction, write.Owner, account, period);
        return LedgerOutcome.Written;
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_raise, _account, _lease, _suspense, _credit, _adjustment, _notice, _correction, _difference]) statement.Dispose();
    }

    private bool Add(SqliteTransaction transaction, string owner, AdjustmentRow row) => _adjustment.Run(
        transaction, owner, LedgerText.ToStore(row.Id), row.Account.Rule, LedgerText.ToStore(row.Account.Scope), row.Period, row.Kind, row.Amount, LedgerText.ToStore(row.Actor),
        row.Reason is null ? null : LedgerText.ToStore(row.Reason), row.At.ToUnixTimeMilliseconds()) > 0;

    private void Put(SqliteTransaction transaction, string owner, LeaseRow row)
    {
        var closed = row.State == LeaseState.Closed ? _time.GetUtcNow().ToUnixTimeMilliseconds() : (long?)null;
        var put = _lease.Run(
            transaction, owner, row.Session.ToString("N"), row.Account.Rule, LedgerText.ToStore(row.Account.Scope), row.Number, row.Period, row.Granted, row.Posted,
            row.Returned, (long)row.State, closed);
        if (put == 0) throw LedgerEquation.GoesBack(row.Account, row.Number);
    }

    private void Check(SqliteTransaction transaction, string owner, AccountId account, long period)
    {
        if (_difference.Find(transaction, owner, account.Rule, LedgerText.ToStore(account.Scope), period) is not 0L) throw LedgerEquation.Broken(account, period);
    }
}
