using OrleansGateway.Invalidation;
using OrleansGateway.Storage.Invalidation;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>
/// Numbers the cluster's invalidations and carries them to every edge. An edge asks, says by that what it has applied, and is answered when there is something new or a while is over; so
/// one call is heartbeat, delivery and acknowledgement. Not for many threads at once: a grain's turns are what it lives in.
/// </summary>
internal sealed class InvalidationHub(PostgresInvalidationLog log, SequenceLife life, EdgeRoll roll, HubParts parts)
{
    /// <summary>How long an edge may go on serving what it has without word from a hub.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(3);

    /// <summary>Longest time that an edge waits for an answer when there is nothing new.</summary>
    private static readonly TimeSpan s_quietMax = TimeSpan.FromMilliseconds(500);

    private const int RecentMax = 20_000;
    private const int ToldAtOnce = 2_000;

    private readonly RecentInvalidations _recent = new(RecentMax);
    private readonly PriorityQueue<TaskCompletionSource, long> _unapplied = new();
    private readonly HubWriter _writer = new(log, life.Life);
    private readonly TaskCompletionSource _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _head = life.Head;
    private volatile bool _isRetired;

    /// <summary>Whether another has taken the sequence over, or may have.</summary>
    public bool IsRetired => _isRetired;

    /// <summary>Which hub this is: the edges go by the one that was made last.</summary>
    public long Life => life.Life;

    /// <summary>Answers nobody any more, and numbers nothing. From any thread.</summary>
    public void Retire()
    {
        _isRetired = true;
        Leave();
    }

    /// <summary>
    /// Keeps publishers waiting no more, and numbers nothing: another hub is about to follow. A grain ends only once nobody waits in it, and edges are not heard any more by then; so
    /// whoever waits for them would hold the hub up until its silo gives it up, half a minute later. From any thread.
    /// </summary>
    public void Leave() => _leaving.TrySetResult();

    /// <summary>An edge asks what is behind what it has applied. None if this hub must not say.</summary>
    public async Task<HubAnswer?> HearAsync(Guid edge, long? applied, CancellationToken cancellation)
    {
        if (applied > _head) throw new IOException($"The database has {_head} invalidations and this edge has applied {applied}: it was set back. Restart the edges.");
        if (applied is { } known) roll.Heard(edge, known);
        Settle();
        if (applied == _head) await QuietAsync(cancellation);
        var head = _head;
        var told = applied is null || applied == head ? [] : _recent.Behind(applied.Value, ToldAtOnce) ?? await log.ReadAsync(applied.Value, head, ToldAtOnce, cancellation);
        if (_isRetired || !parts.MayAnswer()) return null;
        // One that has missed what is forgotten may still serve what it has until it gets the answer; one that is new has nothing.
        roll.Answered(edge, applied ?? head, parts.Now());
        return new HubAnswer(life.Life, head, IsAnew: applied is null || told is null, told ?? []);
    }

    public void Left(Guid edge)
    {
        roll.Left(edge);
        Settle();
    }

    /// <summary>Returns once they are durable and have been applied by every edge that may serve. None if this hub must not number, or leaves meanwhile. Throws <see cref="InvalidationException"/>.</summary>
    public async Task<IReadOnlyList<InvalidationReceipt>?> PublishAsync(IReadOnlyList<InvalidationRequest> requests, CancellationToken cancellation)
    {
        if (_isRetired || _leaving.Task.IsCompleted) return null;
        var receipts = await _writer.WriteAsync(requests, Numbered);
        if (receipts is null)
        {
            Retire();
            return null;
        }

        var applied = AppliedAsync(receipts.Max(static r => r.Seq));
        await Task.WhenAny(applied, _leaving.Task).WaitAsync(cancellation);
        return applied.IsCompletedSuccessfully ? receipts : null;
    }

    /// <summary>Tells publishers whose invalidations have been applied. To be called often: edges are given up as time passes.</summary>
    public void Settle()
    {
        if (_unapplied.Count == 0 || roll.AppliedByAll(parts.Now()) is not { } applied) return;
        while (_unapplied.TryPeek(out var publisher, out var position) && position <= applied)
        {
            _unapplied.Dequeue();
            publisher.TrySetResult();
        }
    }

    public ValueTask PruneAsync(CancellationToken cancellation) => log.PruneAsync(_head, cancellation);

    private void Numbered(IReadOnlyList<NumberedInvalidation> batch)
    {
        foreach (var next in batch) _recent.Add(next);
        _head = Math.Max(_head, batch[^1].Seq);
        var news = _news;
        _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        news.TrySetResult();
    }

    private Task AppliedAsync(long position)
    {
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _unapplied.Enqueue(applied, position);
        Settle();
        return applied.Task;
    }

    private async Task QuietAsync(CancellationToken cancellation)
    {
        var time = parts.Time;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(_news.Task, Task.Delay(s_quietMax, time, over.Token));
        await over.CancelAsync();
    }
}

/// <summary>What a hub goes by.</summary>
/// <param name="Time">The clock of its waits.</param>
/// <param name="Now">The time of what edges may do; it goes on while the machine sleeps.</param>
/// <param name="MayAnswer">Whether nobody else can have taken the sequence over without its being known here.</param>
internal sealed record HubParts(TimeProvider Time, Func<TimeSpan> Now, Func<bool> MayAnswer);

/// <summary>What a hub tells an edge.</summary>
/// <param name="Life">Which hub says so.</param>
/// <param name="Head">The last number given.</param>
/// <param name="IsAnew">Nobody can say what the edge has missed: it has nothing that is valid, and goes on from <paramref name="Head"/>.</param>
/// <param name="Next">What is behind what the edge has applied, without a gap; perhaps not all.</param>
internal sealed record HubAnswer(long Life, long Head, bool IsAnew, IReadOnlyList<NumberedInvalidation> Next);
