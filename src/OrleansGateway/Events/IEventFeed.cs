namespace OrleansGateway.Events;

/// <summary>Makes events of something that is kept, from where it stopped: its cursor moves in the transaction that adds them.</summary>
internal interface IEventFeed
{
    /// <summary>Before the first change is made, or the first request taken; in a cluster each time that it comes to be read here. Throws <see cref="EventStoreException"/>.</summary>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Makes events of what was kept since. What cannot be read or written now is at the next look.</summary>
    Task ReadAsync(CancellationToken cancellation);
}
