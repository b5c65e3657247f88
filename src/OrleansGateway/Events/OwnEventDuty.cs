namespace OrleansGateway.Events;

/// <summary>The duty of one machine: nobody else could have it.</summary>
internal sealed class OwnEventDuty : IEventDuty
{
    public long? Term => 1;

    public Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => work(cancellation);
}
