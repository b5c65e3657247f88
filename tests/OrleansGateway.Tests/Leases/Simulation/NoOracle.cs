using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Of an account that nothing is said of in this run, but that it is whole again afterwards.</summary>
internal sealed class NoOracle(AccountId id) : AccountOracle(id)
{
    public override void Admitted(SimCharge charge, long units, TimeSpan at)
    {
    }

    public override void Changing(AccountSpec spec, TimeSpan at)
    {
    }
}
