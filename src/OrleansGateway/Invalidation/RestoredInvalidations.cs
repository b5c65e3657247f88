namespace OrleansGateway.Invalidation;

/// <summary>The sequence of a tenant after a restart. Disposing of it ends the time in which what was stored before can be interned.</summary>
/// <param name="Tenant">Whose; none for what is everybody's.</param>
/// <param name="Head">The last number given.</param>
/// <param name="Ticket">What was fetched from its place on is known to be valid or not; what was fetched before is not.</param>
internal sealed record RestoredInvalidations(string? Tenant, long Head, FillTicket Ticket) : IDisposable
{
    public void Dispose() => Ticket.Dispose();
}
