using OrleansGateway.Cluster.Owners;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Bench;

/// <summary>An edge with one lease, which it has used up each time that it asks.</summary>
internal sealed class RenewingSession(IGrainFactory grains, AccountId account)
{
    private const long Want = 100;

    private readonly ILeaseOwnerGrain _owner = grains.GetGrain<ILeaseOwnerGrain>("tenant:" + account.Scope);
    private readonly Guid _session = Guid.NewGuid();
    private long _answered;
    private long _epoch;
    private long _number;
    private long _lease = 1;

    /// <summary>Renewals so far.</summary>
    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Units of the lease that it has now.</summary>
    public long Granted { get; private set; }

    public async Task RunAsync(CancellationToken over)
    {
        var mustRegister = true;
        while (!over.IsCancellationRequested)
        {
            var reply = (await _owner.SendAsync(Next(mustRegister), CancellationToken.None)).ToReply();
            (_epoch, mustRegister) = (reply.Epoch, reply.MustRegister);
            foreach (var grant in reply.Grants) Take(grant);
            if (!mustRegister) Volatile.Write(ref _answered, _answered + 1);
        }
    }

    private WireLeaseRequest Next(bool registers) => WireLeaseRequest.Of(new LeaseRequest
    {
        Session = _session,
        Number = ++_number,
        Epoch = _epoch,
        Registers = registers,
        Reports = [new LeaseReport(account, _lease, Spent: Granted, Returned: 0, Want, TypicalHold: 1, IsFinal: false, Granted)],
    });

    private void Take(LeaseGrant grant)
    {
        if (grant.Lifetime > TimeSpan.Zero) Granted = grant.Granted;
        // It is over: the next one.
        else (_lease, Granted) = (_lease + 1, 0);
    }
}
