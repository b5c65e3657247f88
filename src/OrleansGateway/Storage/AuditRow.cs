using Dapper;
using Microsoft.Data.Sqlite;
using OrleansGateway.Audit;

namespace OrleansGateway.Storage;

/// <summary>A record of the audit log as a row. Properties are named as the columns that Dapper fills.</summary>
internal sealed record AuditRow
{
    public const string Columns =
        "sequence AS Sequence, at AS At, actor AS Actor, role AS Role, address AS Address, request_id AS RequestId, action AS Action, " +
        "target AS Target, tenant AS Tenant, before AS Before, after AS After, previous_hash AS PreviousHash, hash AS Hash";

    public long Sequence { get; init; }
    public long At { get; init; }
    public string Actor { get; init; } = "";
    public string Role { get; init; } = "";
    public string? Address { get; init; }
    public string? RequestId { get; init; }
    public string Action { get; init; } = "";
    public string Target { get; init; } = "";
    public string? Tenant { get; init; }
    public string? Before { get; init; }
    public string? After { get; init; }
    public string PreviousHash { get; init; } = "";
    public string Hash { get; init; } = "";

    public AuditRecord Record() => new(
        Sequence,
        new AuditEntry(
            DateTimeOffset.FromUnixTimeMilliseconds(At), new AuditActor(Actor, Role, Address, RequestId), Action, Target, Tenant, Before, After),
        PreviousHash,
        Hash);

    /// <summary>Adds a record behind the last one. In the transaction of the change it notes: both are kept, or neither.</summary>
    public static void Append(SqliteConnection connection, SqliteTransaction transaction, AuditEntry entry)
    {
        var head = Head(connection, transaction);
        var record = AuditChain.Next(head.Sequence, head.Hash, entry);
        connection.Execute("""
            INSERT INTO audit (sequence, at, actor, role, address, request_id, action, target, tenant, before, after, previous_hash, hash)
            VALUES (@Sequence, @At, @Actor, @Role, @Address, @RequestId, @Action, @Target, @Tenant, @Before, @After, @PreviousHash, @Hash);
            INSERT INTO audit_head (only_row, sequence, hash) VALUES (1, @Sequence, @Hash)
            ON CONFLICT (only_row) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash
            """, Of(record), transaction);
    }

    /// <summary>Place and hash of the last record, kept apart from the records.</summary>
    public static AuditHead Head(SqliteConnection connection, SqliteTransaction? transaction) =>
        connection.QuerySingleOrDefault<AuditHead>("SELECT sequence AS Sequence, hash AS Hash FROM audit_head", transaction: transaction)
        ?? new AuditHead();

    public static AuditRow Of(AuditRecord record) => new()
    {
        Sequence = record.Sequence,
        At = record.Entry.At.ToUnixTimeMilliseconds(),
        Actor = record.Entry.By.Id,
        Role = record.Entry.By.Role,
        Address = record.Entry.By.Address,
        RequestId = record.Entry.By.RequestId,
        Action = record.Entry.Action,
        Target = record.Entry.Target,
        Tenant = record.Entry.Tenant,
        Before = record.Entry.Before,
        After = record.Entry.After,
        PreviousHash = record.PreviousHash,
        Hash = record.Hash,
    };
}

/// <summary>Where the audit log ends.</summary>
internal sealed record AuditHead
{
    public long Sequence { get; init; }
    public string Hash { get; init; } = AuditChain.Root;
}
