using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>
/// Writes what publishers bring, one commit at a time: what comes while one is under way goes into the next together, so that many cost hardly more than one. Lives in a grain's turns.
/// </summary>
internal sealed class HubWriter(PostgresInvalidationLog log, long life)
{
    /// <summary>Most that wait for a commit; beyond it publishers are told to come again.</summary>
    private const int WaitingMax = 50_000;

    /// <summary>Most in one commit: enough to make the disk's part small, few enough that none waits long.</summary>
    private const int BatchMax = 2_000;

    private readonly Queue<Waiting> _waiting = new();
    private int _waitingCount;
    private Task _writing = Task.CompletedTask;

    /// <summary>Returns once they are durable; none if another has taken the sequence over. Throws <see cref="InvalidationException"/>.</summary>
    /// <param name="requests">At least one.</param>
    /// <param name="numbered">Told of what was added, in order, before anyone's call returns. The same for all.</param>
    public Task<IReadOnlyList<InvalidationReceipt>?> WriteAsync(IReadOnlyList<InvalidationRequest> requests, Action<IReadOnlyList<NumberedInvalidation>> numbered)
    {
        if (_waitingCount + requests.Count > WaitingMax) throw new InvalidationException("More invalidations come than can be written.");
        var waiting = new Waiting(requests);
        _waiting.Enqueue(waiting);
        _waitingCount += requests.Count;
        if (_writing.IsCompleted) _writing = WriteAllAsync(numbered);
        return waiting.Done.Task;
    }

    /// <summary>Ends when nobody waits. It never fails: those who wait are told what does.</summary>
    private async Task WriteAllAsync(Action<IReadOnlyList<NumberedInvalidation>> numbered)
    {
        while (_waiting.Count > 0) await WriteAsync(Take(), numbered);
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        for (var count = 0; _waiting.TryPeek(out var next) && (count == 0 || count + next.Requests.Count <= BatchMax); count += next.Requests.Count)
        {
            batch.Add(_waiting.Dequeue());
            _waitingCount -= next.Requests.Count;
        }

        return batch;
    }

    private async Task WriteAsync(List<Waiting> batch, Action<IReadOnlyList<NumberedInvalidation>> numbered)
    {
        try
        {
            InvalidationRequest[] requests = [.. batch.SelectMany(static w => w.Requests)];
            var receipts = await log.AppendAsync(life, requests, CancellationToken.None);
            if (receipts is not null && Added(requests, receipts) is { Count: > 0 } added) numbered(added);
            var from = 0;
            foreach (var waiting in batch)
            {
                waiting.Done.SetResult(receipts is null ? null : [.. receipts.Skip(from).Take(waiting.Requests.Count)]);
                from += waiting.Requests.Count;
            }
        }
        // Of any kind: whoever waits must hear of it, and those behind must not wait for ever.
        catch (Exception failed)
        {
            var told = failed as InvalidationException ?? new InvalidationException("Invalidations cannot be written: " + failed.Message, failed);
            foreach (var waiting in batch) waiting.Done.TrySetException(told);
        }
    }

    private static List<NumberedInvalidation> Added(InvalidationRequest[] requests, IReadOnlyList<InvalidationReceipt> receipts) =>
        [.. requests.Zip(receipts).Where(static r => !r.Second.IsRepeat).Select(static r => new NumberedInvalidation(r.First.Tenant, r.Second.Seq, r.First.Selectors, r.First.Mode))];

    private sealed class Waiting(IReadOnlyList<InvalidationRequest> requests)
    {
        public IReadOnlyList<InvalidationRequest> Requests => requests;

        public TaskCompletionSource<IReadOnlyList<InvalidationReceipt>?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
