using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Bench.Micro;

/// <summary>One owner's core behind a lock, without a ledger: what owner and edge need together for rates.</summary>
internal sealed class CoreOwners(AccountSpec spec) : ILeaseOwners
{
    private readonly Lock _lock = new();

    private readonly OwnerCore _core = new(
        new OwnerSettings { EmptyAt = TimeSpan.MinValue },
        new LedgerRecord { Owner = "tenant:acme", Epoch = 1, Version = 0 },
        _ => spec,
        Now,
        mayOthersHold: false);

    private static OwnerTime Now => new(TimeSpan.FromMilliseconds(Environment.TickCount64), TimeProvider.System.GetUtcNow());

    public ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var now = Now;
            return ValueTask.FromResult(_core.End(_core.Begin([request], now), written: true, now)[0]);
        }
    }
}
