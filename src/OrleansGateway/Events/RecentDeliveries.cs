namespace OrleansGateway.Events;

/// <summary>The last attempts of a webhook, for who looks for what goes wrong. Kept in memory only.</summary>
internal sealed class RecentDeliveries
{
    private const int Kept = 200;

    private readonly Lock _lock = new();
    private readonly Queue<Delivery> _deliveries = new(Kept);

    public void Add(Delivery delivery)
    {
        lock (_lock)
        {
            if (_deliveries.Count == Kept) _deliveries.Dequeue();
            _deliveries.Enqueue(delivery);
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Delivery> All()
    {
        lock (_lock) return [.. _deliveries.Reverse()];
    }
}

/// <summary>One attempt.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Event">What was sent.</param>
/// <param name="Attempt">Which attempt, from 1; 0 for one by hand.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Answer">What came of it.</param>
internal sealed record Delivery(DateTimeOffset At, GatewayEvent Event, int Attempt, TimeSpan Duration, WebhookAnswer Answer);
