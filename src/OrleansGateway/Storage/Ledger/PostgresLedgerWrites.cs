using Npgsql;
using NpgsqlTypes;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Storage.Ledger;

/// <summary>
/// What is written to the ledger in PostgreSQL: one batch, which goes there and back once and is one transaction. It cannot branch, so what must hold is required by a function that
/// throws, with a code of ours. The row of the owner is updated first and so locks out whoever else writes for it.
/// </summary>
internal static class PostgresLedgerWrites
{
    /// <summary>The owner's version is another one.</summary>
    public const string FencedCode = "OGF01";

    /// <summary>An account does not balance, or a lease goes back. The message says which.</summary>
    public const string RefusedCode = "OGR01";

    /// <summary>
    /// Raises the version, or throws <see cref="FencedCode"/>. A server set up not to wait for its disk waits all the same here.
    /// </summary>
    public static NpgsqlBatchCommand Fence(LedgerWrite write) => Command($"""
        WITH raised AS (UPDATE gateway.ledger_owners SET version = version + 1 WHERE owner = @owner AND version = @version RETURNING 1)
        SELECT gateway.ledger_require(EXISTS (SELECT 1 FROM raised), '{FencedCode}', 'fenced'),
            CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', true) END
        """, write.Owner, new NpgsqlParameter<long>("version", write.Version));

    /// <summary>Changes no row if there is one with its id.</summary>
    public static NpgsqlBatchCommand Add(string owner, AdjustmentRow row) => Command("""
        INSERT INTO gateway.ledger_adjustments (owner, id, rule, scope, period, kind, amount, actor, reason, at)
        VALUES (@owner, @id, @rule, @scope, @period, @kind, @amount, @actor, @reason, @at)
        ON CONFLICT (owner, id) DO NOTHING
        """, owner,
        Text("id", LedgerText.ToStore(row.Id)), Text("rule", row.Account.Rule), Text("scope", LedgerText.ToStore(row.Account.Scope)),
        new NpgsqlParameter<long>("period", row.Period), Text("kind", row.Kind), new NpgsqlParameter<long>("amount", row.Amount),
        Text("actor", LedgerText.ToStore(row.Actor)),
        new NpgsqlParameter("reason", NpgsqlDbType.Text) { Value = row.Reason is null ? DBNull.Value : LedgerText.ToStore(row.Reason) },
        new NpgsqlParameter<long>("at", row.At.ToUnixTimeMilliseconds()));

    /// <summary>The rows, and what must hold of them.</summary>
    public static IEnumerable<NpgsqlBatchCommand> Rows(LedgerWrite write, DateTimeOffset now)
    {
        if (write.Accounts.Count > 0) yield return Accounts(write);
        if (write.Leases.Count > 0) yield return Leases(write, now);
        if (write.Suspense.Count > 0) yield return Suspense(write);
        if (write.Credits.Count > 0) yield return Credits(write);
        if (write.Notices.Count > 0) yield return Notices(write);
        if (write.Corrections.Count > 0) yield return Corrections(write);
        if (LedgerEquation.AccountsOf(write) is { Count: > 0 } touched) yield return Equation(write.Owner, [.. touched]);
    }

    private static NpgsqlBatchCommand Accounts(LedgerWrite write) => Command("""
        INSERT INTO gateway.ledger_accounts (owner, rule, scope, period, total, available, posted, base, noticed, starts, ends, is_past)
        SELECT @owner, r.*, 0 FROM unnest(@rule, @scope, @period, @total, @available, @posted, @base, @noticed, @starts, @ends) AS r
        ON CONFLICT (owner, rule, scope, period) DO UPDATE SET total = excluded.total, available = excluded.available, posted = excluded.posted,
            base = excluded.base, noticed = excluded.noticed, starts = excluded.starts, ends = excluded.ends, is_past = 0
        """, write.Owner,
        Texts("rule", write.Accounts, r => r.Account.Rule), Texts("scope", write.Accounts, r => LedgerText.ToStore(r.Account.Scope)),
        Longs("period", write.Accounts, r => r.Period), Longs("total", write.Accounts, r => r.Limit), Longs("available", write.Accounts, r => r.Available),
        Longs("posted", write.Accounts, r => r.Posted), Longs("base", write.Accounts, r => r.Base), Longs("noticed", write.Accounts, r => r.Noticed),
        Instants("starts", write.Accounts, r => r.Start), Instants("ends", write.Accounts, r => r.End));

    // Totals only grow, and a lease stays in its period, unless the configuration has other periods now and this one was given up: a row that says otherwise comes from a bug,
    // and is not put.
    private static NpgsqlBatchCommand Leases(LedgerWrite write, DateTimeOffset now) => Command($"""
        WITH put AS (
            INSERT INTO gateway.ledger_leases AS old (owner, session, rule, scope, number, period, granted, posted, returned, state, closed)
            SELECT @owner, r.*, CASE WHEN r.state = 2 THEN @now END
            FROM unnest(@session, @rule, @scope, @number, @period, @granted, @posted, @returned, @state)
                AS r(session, rule, scope, number, period, granted, posted, returned, state)
            ON CONFLICT (owner, session, rule, scope, number) DO UPDATE SET period = excluded.period, granted = excluded.granted, posted = excluded.posted,
                returned = excluded.returned, state = excluded.state, closed = excluded.closed
            WHERE (excluded.period = old.period OR EXISTS (SELECT 1 FROM gateway.ledger_accounts AS left_period
                    WHERE left_period.owner = old.owner AND left_period.rule = old.rule AND left_period.scope = old.scope AND left_period.period = old.period
                    AND left_period.total = 0 AND left_period.available = 0 AND left_period.posted = 0))
                AND excluded.granted >= old.granted AND excluded.posted >= old.posted AND excluded.returned >= old.returned
            RETURNING old.session, old.rule, old.scope, old.number)
        SELECT gateway.ledger_require(count(*) = 0, '{RefusedCode}',
            'lease ' || min(r.number) || ' of ' || min(r.rule || '[' || r.scope || ']') || ' would have less granted, spent or given back than before, or another period')
        FROM unnest(@session, @rule, @scope, @number) AS r(session, rule, scope, number)
        WHERE NOT EXISTS (SELECT 1 FROM put WHERE put.session = r.session AND put.rule = r.rule AND put.scope = r.scope AND put.number = r.number)
        """, write.Owner,
        new NpgsqlParameter<long>("now", now.ToUnixTimeMilliseconds()),
        Texts("session", write.Leases, r => r.Session.ToString("N")), Texts("rule", write.Leases, r => r.Account.Rule),
        Texts("scope", write.Leases, r => LedgerText.ToStore(r.Account.Scope)), Longs("number", write.Leases, r => r.Number), Longs("period", write.Leases, r => r.Period),
        Longs("granted", write.Leases, r => r.Granted), Longs("posted", write.Leases, r => r.Posted), Longs("returned", write.Leases, r => r.Returned),
        Longs("state", write.Leases, r => (long)r.State));

    private static NpgsqlBatchCommand Suspense(LedgerWrite write) => Command("""
        INSERT INTO gateway.ledger_suspense (owner, session, name, rule, scope, lease, amount, at, settled)
        SELECT @owner, r.* FROM unnest(@session, @name, @rule, @scope, @lease, @amount, @at, @settled) AS r
        ON CONFLICT (owner, session, name, rule, scope, lease) DO UPDATE SET amount = excluded.amount, at = excluded.at, settled = excluded.settled
        """, write.Owner,
        Texts("session", write.Suspense, r => r.Session.ToString("N")), Texts("name", write.Suspense, r => LedgerText.ToStore(r.Name)),
        Texts("rule", write.Suspense, r => r.Account.Rule), Texts("scope", write.Suspense, r => LedgerText.ToStore(r.Account.Scope)),
        Longs("lease", write.Suspense, r => r.Lease), Longs("amount", write.Suspense, r => r.Amount),
        Longs("at", write.Suspense, r => r.At.ToUnixTimeMilliseconds()), LongsOrNone("settled", write.Suspense, r => r.Settled));

    private static NpgsqlBatchCommand Credits(LedgerWrite write) => Command("""
        INSERT INTO gateway.ledger_credits (owner, rule, scope, id, amount, burned, priority, granted, expires, rolls_over)
        SELECT @owner, r.* FROM unnest(@rule, @scope, @id, @amount, @burned, @priority, @granted, @expires, @rolls_over) AS r
        ON CONFLICT (owner, rule, scope, id) DO UPDATE SET amount = excluded.amount, burned = excluded.burned, priority = excluded.priority,
            granted = excluded.granted, expires = excluded.expires, rolls_over = excluded.rolls_over
        """, write.Owner,
        Texts("rule", write.Credits, r => r.Account.Rule), Texts("scope", write.Credits, r => LedgerText.ToStore(r.Account.Scope)),
        Texts("id", write.Credits, r => LedgerText.ToStore(r.Id)), Longs("amount", write.Credits, r => r.Amount), Longs("burned", write.Credits, r => r.Burned),
        Longs("priority", write.Credits, r => r.Priority), Longs("granted", write.Credits, r => r.GrantedAt.ToUnixTimeMilliseconds()),
        Instants("expires", write.Credits, r => r.ExpiresAt), Longs("rolls_over", write.Credits, r => r.RollsOver ? 1 : 0));

    private static NpgsqlBatchCommand Notices(LedgerWrite write) => Command("""
        INSERT INTO gateway.ledger_notices (owner, rule, scope, period, percent, posted, total, at)
        SELECT @owner, r.* FROM unnest(@rule, @scope, @period, @percent, @posted, @total, @at) AS r
        ON CONFLICT (owner, rule, scope, period, percent) DO NOTHING
        """, write.Owner,
        Texts("rule", write.Notices, r => r.Account.Rule), Texts("scope", write.Notices, r => LedgerText.ToStore(r.Account.Scope)),
        Longs("period", write.Notices, r => r.Period), Longs("percent", write.Notices, r => r.Percent), Longs("posted", write.Notices, r => r.Posted),
        Longs("total", write.Notices, r => r.Limit), Longs("at", write.Notices, r => r.At.ToUnixTimeMilliseconds()));

    private static NpgsqlBatchCommand Corrections(LedgerWrite write) => Command("""
        UPDATE gateway.ledger_accounts AS a SET posted = posted + r.amount, available = available - r.amount
        FROM unnest(@rule, @scope, @period, @amount) AS r(rule, scope, period, amount)
        WHERE a.owner = @owner AND a.rule = r.rule AND a.scope = r.scope AND a.period = r.period
        """, write.Owner,
        Texts("rule", write.Corrections, r => r.Account.Rule), Texts("scope", write.Corrections, r => LedgerText.ToStore(r.Account.Scope)),
        Longs("period", write.Corrections, r => r.Period), Longs("amount", write.Corrections, r => r.Amount));

    // A statement of its own: it must see what those before it wrote.
    private static NpgsqlBatchCommand Equation(string owner, IReadOnlyList<(Leases.AccountId Account, long Period)> touched) => Command($"""
        SELECT gateway.ledger_require(count(*) = 0, '{RefusedCode}',
            'in period ' || min(k.period) || ' of ' || min(k.rule || '[' || k.scope || ']') || ' what is available, spent and out is not its limit')
        FROM unnest(@rule, @scope, @period) AS k(rule, scope, period)
        LEFT JOIN gateway.ledger_accounts AS a ON a.owner = @owner AND a.rule = k.rule AND a.scope = k.scope AND a.period = k.period
        WHERE a.total - a.available - a.posted IS DISTINCT FROM (SELECT coalesce(sum(l.granted - l.posted - l.returned), 0) FROM gateway.ledger_leases AS l
            WHERE l.owner = @owner AND l.rule = k.rule AND l.scope = k.scope AND l.period = k.period AND l.state <> 2)
        """, owner,
        Texts("rule", touched, t => t.Account.Rule), Texts("scope", touched, t => LedgerText.ToStore(t.Account.Scope)), Longs("period", touched, t => t.Period));

    private static NpgsqlBatchCommand Command(string sql, string owner, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(Text("owner", owner));
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<string> Text(string name, string value) => new NpgsqlParameter<string>(name, NpgsqlDbType.Text) { TypedValue = value };

    private static NpgsqlParameter<string[]> Texts<T>(string name, IReadOnlyList<T> rows, Func<T, string> value) =>
        new NpgsqlParameter<string[]>(name, NpgsqlDbType.Array | NpgsqlDbType.Text) { TypedValue = [.. rows.Select(value)] };

    private static NpgsqlParameter<long[]> Longs<T>(string name, IReadOnlyList<T> rows, Func<T, long> value) =>
        new NpgsqlParameter<long[]>(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { TypedValue = [.. rows.Select(value)] };

    private static NpgsqlParameter<long?[]> LongsOrNone<T>(string name, IReadOnlyList<T> rows, Func<T, long?> value) =>
        new NpgsqlParameter<long?[]>(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { TypedValue = [.. rows.Select(value)] };

    private static NpgsqlParameter<long?[]> Instants<T>(string name, IReadOnlyList<T> rows, Func<T, DateTimeOffset?> value) =>
        LongsOrNone(name, rows, r => value(r)?.ToUnixTimeMilliseconds());
}
