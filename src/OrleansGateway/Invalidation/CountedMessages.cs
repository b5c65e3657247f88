namespace OrleansGateway.Invalidation;

/// <summary>Kept messages of whatever engine, with their number shown in the metrics.</summary>
internal sealed class CountedMessages(IParkedMessages inner, InvalidationMetrics metrics) : IParkedMessages
{
    public async ValueTask<long> ParkAsync(ParkedMessage message, CancellationToken cancellation)
    {
        var number = await inner.ParkAsync(message, cancellation);
        metrics.Refused(message.Source, message.Code);
        await CountAsync(CancellationToken.None);
        return number;
    }

    public ValueTask<IReadOnlyList<ParkedMessage>> ListAsync(string? source, long after, int limit, CancellationToken cancellation) => inner.ListAsync(source, after, limit, cancellation);

    public ValueTask<ParkedMessage?> FindAsync(long number, CancellationToken cancellation) => inner.FindAsync(number, cancellation);

    public async ValueTask<bool> DeleteAsync(long number, CancellationToken cancellation)
    {
        var isDone = await inner.DeleteAsync(number, cancellation);
        await CountAsync(CancellationToken.None);
        return isDone;
    }

    public async ValueTask<long> CountAsync(CancellationToken cancellation)
    {
        var count = await inner.CountAsync(cancellation);
        metrics.ShowParked(count);
        return count;
    }
}
