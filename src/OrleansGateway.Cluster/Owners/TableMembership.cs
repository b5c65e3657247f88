namespace OrleansGateway.Cluster.Owners;

/// <summary>What the table of members says, which is in Redis: a silo that was declared dead there is replaced.</summary>
internal sealed class TableMembership(IServiceProvider services, TimeProvider time) : ISiloMembership
{
    public async Task<bool> IsMemberAsync(TimeSpan within, CancellationToken cancellation)
    {
        try
        {
            var silo = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            var read = await services.GetRequiredService<IMembershipTable>().ReadRowAsync(silo, cancellation).WaitAsync(within, time, cancellation);
            return read.Members.Any(m => m.Item1.SiloAddress.Equals(silo) && m.Item1.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping);
        }
#pragma warning disable CA1031 // Whatever the client of Redis throws: nobody says that it is a member.
        catch (Exception unknown) when (unknown is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
