using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// The ledger for one owner's life in a silo. An owner that does not know what became of a write reads its rows anew; it must not take back by that what another has taken over.
/// </summary>
internal sealed class OwnedLedger(ILedgerStore ledger, PostgresOwnerLives lives, string silo) : ILedgerStore
{
    private long _epoch;

    /// <summary>The owner's life here.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>Begins the life: the rows, and how the life before ended.</summary>
    public async Task<(LedgerRecord Record, FormerLife Former)> BeginAsync(string owner, CancellationToken cancellation)
    {
        var record = await ledger.AcquireAsync(owner, cancellation);
        var former = await lives.BeginAsync(owner, record.Epoch, silo, cancellation);
        Volatile.Write(ref _epoch, record.Epoch);
        return (record, former);
    }

    public async ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation)
    {
        if (!await lives.ContinueAsync(owner, _epoch, _epoch, silo, cancellation)) throw Lost(owner);
        var record = await ledger.AcquireAsync(owner, cancellation);
        if (!await lives.ContinueAsync(owner, _epoch, record.Epoch, silo, cancellation)) throw Lost(owner);
        Volatile.Write(ref _epoch, record.Epoch);
        return record;
    }

    public ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation) => ledger.WriteAsync(write, cancellation);

    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => ledger.ReadAsync(owner, cancellation);

    public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation) =>
        ledger.OwnersOfOthersAsync(sessions, cancellation);

    private static IOException Lost(string owner) => new($"Another silo has taken over {owner}.");
}
