using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Bench.Micro;

/// <summary>Grants everything at once, for ever: what is measured is the edge alone.</summary>
internal sealed class BottomlessOwner : ILeaseOwners
{
    public const long Units = long.MaxValue / 4;

    public ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation) => ValueTask.FromResult(new LeaseReply
    {
        Number = request.Number,
        Epoch = 1,
        Grants = [.. request.Reports.Where(r => !r.IsFinal).Select(r => new LeaseGrant(r.Account, r.Lease, Units, 0, TimeSpan.MaxValue, IsExact: false, Recall: 0))],
        Takes = [.. request.Takes.Select(t => new TakeResult(t.Id, null, Denial.None, default))],
    });
}

/// <summary>Writes nothing down: the journal has figures of its own.</summary>
internal sealed class NoJournal : IHoldJournal
{
    public int Opened(AccountId account, long lease, long period) => 0;

    public void Closed(int lease)
    {
    }

    public bool Held(long hold, string name, ReadOnlySpan<Charge> charges) => true;

    public void Ended(long hold, ReadOnlySpan<Charge> spent)
    {
    }
}
