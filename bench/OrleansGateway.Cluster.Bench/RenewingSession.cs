using OrleansGateway.Cluster.Owners;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Bench;

/// <summary>An edge with one lease, which it has used up each time that it asks.</summary>
internal sealed class RenewingSession(IGrainFactory grains, AccountId account)
{
    // The least: so that what refills is enough for all.
    private const long Want = 1;

    private readonly ILeaseOwnerGrain _owner = grains.GetGrain<ILeaseOwnerGrain>("tenant:" + account.Scope);
    private readonly Guid _session = Guid.NewGuid();
    private long _renewed;
    private long _epoch;
    private long _number;
    private long _lease = 1;
    private long _granted;

    /// <summary>Renewals so far: answers that granted more.</summary>
    public long Renewed => Volatile.Read(ref _renewed);

    /// <summary>Answers that granted nothing.</summary>
    public long Refused { get; private set; }

    public async Task RunAsync(CancellationToken over)
    {
        var mustRegister = true;
        while (!over.IsCancellationRequested)
        {
            var reply = (await _owner.SendAsync(Next(mustRegister), CancellationToken.None)).ToReply();
            (_epoch, mustRegister) = (reply.Epoch, reply.MustRegister);
            foreach (var grant in reply.Grants) Take(grant);
        }
    }

    private WireLeaseRequest Next(bool registers) => WireLeaseRequest.Of(new LeaseRequest
    {
        Session = _session,
        Number = ++_number,
        Epoch = _epoch,
        Registers = registers,
        Reports = [new LeaseReport(account, _lease, Spent: _granted, Returned: 0, Want, TypicalHold: 1, IsFinal: false, _granted)],
    });

    private void Take(LeaseGrant grant)
    {
        if (grant.Lifetime == TimeSpan.Zero)
        {
            // It is over: the next one.
            (_lease, _granted) = (_lease + 1, 0);
            return;
        }

        if (grant.Granted > _granted) Volatile.Write(ref _renewed, _renewed + 1);
        else Refused++;
        _granted = grant.Granted;
    }
}
