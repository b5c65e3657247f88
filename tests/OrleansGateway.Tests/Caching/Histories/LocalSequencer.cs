using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>The order of invalidations, kept in memory.</summary>
internal sealed class LocalSequencer(InvalidationTable table) : IInvalidationSequencer
{
    private readonly Lock _lock = new();

    public ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        var tenant = table.Of(request.Tenant);
        lock (_lock)
        {
            var seq = tenant.Applied + 1;
            tenant.Apply(new NumberedInvalidation(request.Tenant, seq, request.Selectors, request.Mode));
            return new(new InvalidationReceipt(seq));
        }
    }
}
