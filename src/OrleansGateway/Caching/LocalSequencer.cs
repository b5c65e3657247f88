using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>The order of invalidations in a process that has no engine to keep it: forgotten when it ends, as all that its memory has stored.</summary>
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
