using System.Diagnostics;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Bench.Events;

/// <summary>The sequencer, and when it has applied each event. Events are named by their number.</summary>
internal sealed class AppliedClock(EmbeddedSequencer sequencer, long[] appliedAt) : IInvalidationSequencer
{
    private int _applied;

    public int Applied => Volatile.Read(ref _applied);

    public async ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        var receipt = await sequencer.PublishAsync(request, cancellation);
        var number = int.Parse(request.EventId.AsSpan(request.EventId!.LastIndexOf(' ') + 1), System.Globalization.CultureInfo.InvariantCulture);
        if (Interlocked.CompareExchange(ref appliedAt[number], Stopwatch.GetTimestamp(), 0) == 0) Interlocked.Increment(ref _applied);
        return receipt;
    }
}
