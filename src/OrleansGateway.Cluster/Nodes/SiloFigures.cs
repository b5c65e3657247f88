using OrleansGateway.Admin;
using OrleansGateway.Cluster.Owners;

namespace OrleansGateway.Cluster.Nodes;

/// <summary>What a silo tells of itself. One asker at a time.</summary>
internal sealed class SiloFigures(SiloOwners owners, TimeProvider time)
{
    private long _at = time.GetTimestamp();
    private long _renewals;

    /// <summary>Renewals are counted from the last time that it was asked.</summary>
    public SiloDocument Now()
    {
        var (renewals, at) = (owners.Renewals, time.GetTimestamp());
        var (more, seconds) = (renewals - _renewals, time.GetElapsedTime(_at, at).TotalSeconds);
        (_renewals, _at) = (renewals, at);
        return new SiloDocument(owners.Count, owners.CountLeases(), seconds > 0 ? Math.Round(more / seconds, 1) : 0, owners.MayGrant);
    }
}
