namespace OrleansGateway.Events;

/// <summary>Whose turn it is to make events of what is kept, and to send them: one machine's always, in a cluster one node's at a time. A port.</summary>
internal interface IEventDuty
{
    /// <summary>Which turn this is; none if it is not this node's at this instant. To be asked just before anything is sent.</summary>
    long? Term { get; }

    /// <summary>Runs it whenever it is this node's turn, and cancels it when that is over; until told to end, or it ends by itself.</summary>
    Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellation);
}
