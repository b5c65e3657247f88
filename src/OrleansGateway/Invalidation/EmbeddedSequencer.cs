namespace OrleansGateway.Invalidation;

/// <summary>
/// The sequence of one machine, which is its only edge: durable first, then applied, then acknowledged. What comes while a commit is under way goes into the next one together, so that
/// many cost hardly more than one.
/// </summary>
internal sealed class EmbeddedSequencer(IInvalidationLog log, InvalidationTable table, TimeProvider time, ILogger<EmbeddedSequencer> logger) : IInvalidationSequencer, IAsyncDisposable
{
    /// <summary>Most that wait for a commit; beyond it publishers are told to come again.</summary>
    private const int WaitingMax = 50_000;

    /// <summary>Most in one commit: enough to make the disk's part small, few enough that none waits long.</summary>
    private const int BatchMax = 2_000;

    private static readonly TimeSpan s_pruneInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private List<Waiting> _waiting = [];
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private long _pruned = time.GetTimestamp();

    /// <summary>Goes on where the last run has ended. What comes from a disk cache is interned before the tickets end. Throws <see cref="InvalidationException"/>.</summary>
    public async Task<IReadOnlyList<RestoredInvalidations>> RestoreAsync(CancellationToken cancellation)
    {
        var kept = await log.LoadAsync(cancellation);
        return [.. kept.Select(one => new RestoredInvalidations(one.Tenant, one.Head, table.Of(one.Tenant).Restore(one.Head, one.Kept)))];
    }

    /// <inheritdoc/>
    public async ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfZero(request.Selectors.Count);
        var waiting = new Waiting(request);
        lock (_lock)
        {
            if (_waiting.Count >= WaitingMax) throw new InvalidationException("More invalidations come than can be written.");
            _waiting.Add(waiting);
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync, CancellationToken.None);
            }
        }

        // What has been taken is not given up with whoever asked.
        return await waiting.Done.Task.WaitAsync(cancellation);
    }

    /// <summary>Waits for what is being written.</summary>
    public async ValueTask DisposeAsync()
    {
        Task writing;
        lock (_lock) writing = _writing;
        await writing;
    }

    private async Task WriteAllAsync()
    {
        while (Take() is { Count: > 0 } all)
        {
            foreach (var batch in all.Chunk(BatchMax)) await WriteAsync(batch);
            await PruneAsync();
        }
    }

    /// <summary>All that wait; none, and then nobody writes any more.</summary>
    private List<Waiting> Take()
    {
        lock (_lock)
        {
            var all = _waiting;
            _waiting = [];
            _isWriting = all.Count > 0;
            return all;
        }
    }

    private async Task WriteAsync(Waiting[] batch)
    {
        try
        {
            var receipts = await log.AppendAsync([.. batch.Select(static w => w.Request)], CancellationToken.None);
            for (var i = 0; i < batch.Length; i++) await ApplyAsync(batch[i].Request, receipts[i]);
            for (var i = 0; i < batch.Length; i++) batch[i].Done.TrySetResult(receipts[i]);
        }
        // Of any kind: whoever waits must hear of it, and those behind must not wait for ever.
        catch (Exception failed)
        {
            logger.Failed(batch.Length, failed.Message);
            var told = failed as InvalidationException ?? new InvalidationException("Invalidations cannot be written: " + failed.Message, failed);
            foreach (var waiting in batch) waiting.Done.TrySetException(told);
        }
    }

    private async ValueTask ApplyAsync(InvalidationRequest request, InvalidationReceipt receipt)
    {
        var tenant = table.Of(request.Tenant);
        if (tenant.Apply(new NumberedInvalidation(request.Tenant, receipt.Seq, request.Selectors, request.Mode))) return;
        // A commit that was reported as failed may have come through after all: what it added is numbered and was not applied.
        foreach (var missed in await log.ReadAsync(request.Tenant, tenant.Applied, CancellationToken.None))
        {
            if (!tenant.Apply(missed)) throw new InvalidationException($"Behind {tenant.Applied} an invalidation is missing in the log.");
        }

        if (tenant.Applied < receipt.Seq) throw new InvalidationException($"The log has {receipt.Seq} invalidations, and only {tenant.Applied} can be read.");
    }

    private async Task PruneAsync()
    {
        if (time.GetElapsedTime(_pruned) < s_pruneInterval) return;
        _pruned = time.GetTimestamp();
        try
        {
            await log.PruneAsync(CancellationToken.None);
        }
        catch (InvalidationException failed)
        {
            logger.NotPruned(failed.Message);
        }
    }

    private sealed class Waiting(InvalidationRequest request)
    {
        public InvalidationRequest Request => request;

        public TaskCompletionSource<InvalidationReceipt> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal static partial class SequencerLog
{
    [LoggerMessage(2800, LogLevel.Error, "{Count} invalidations could not be written, and were not acknowledged: {Reason}")]
    public static partial void Failed(this ILogger log, int count, string reason);

    [LoggerMessage(2801, LogLevel.Warning, "Old invalidations could not be deleted: {Reason}")]
    public static partial void NotPruned(this ILogger log, string reason);
}
