using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching;

/// <summary>
/// One fetch from the origin that many may wait for. It depends on no client: the one whose request began it may go. It goes on for nobody only if what it brings will
/// be stored and is not endless. While many read it, the body is held once.
/// </summary>
#pragma warning disable CA1001 // The source of cancellation has no timer: there is nothing to free, and who leaves late may still cancel it.
internal sealed class Fill
#pragma warning restore CA1001
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource<FillResult> _result;
    private readonly AnswerCache _cache;
    private readonly FillOrder _order;
    private OriginFetch? _live;
    private DiskFill? _onDisk;
    private OriginFetch _fetch;
    private int _interested;
    private bool _isLed;
    private bool _goesOn;
    private bool _isOver;

    public Fill(AnswerCache cache, FillOrder order)
    {
        (_cache, _order) = (cache, order);
        // Many who wait go on side by side; one goes on where the answer has come.
        _result = new TaskCompletionSource<FillResult>(order.Shared is null ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        _fetch = NewFetch();
        // A refresh in the background is for whoever comes next.
        (_goesOn, _isLed) = (order.IsBackground, !order.IsBackground);
    }

    public FillOrder Order => _order;

    /// <summary>What becomes of it at the upstream.</summary>
    public ForwardFacts Facts => _fetch.Facts;

    /// <summary>What has come of it, once the head of the answer says so.</summary>
    public Task<FillResult> Head => _result.Task;

    /// <summary>Whether a request that comes now may have what it brings: nothing has been invalidated since it began that may concern it.</summary>
    public bool MayBeJoined(TenantInvalidations invalidations) =>
        invalidations.MayJoin(_order.Ticket) || (_result.Task is { IsCompletedSuccessfully: true, Result.Answer: { } answer } && answer.MayBeJoined(_order.Ticket));

    /// <summary>Joins those who wait for it; false if it is given up already. Who has joined leaves (<see cref="LeaveAsync"/>).</summary>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_isOver) return false;
            _interested++;
            return true;
        }
    }

    /// <summary>Waits and reads no more.</summary>
    public async ValueTask LeaveAsync()
    {
        OriginFetch? live = null;
        bool goesOn;
        lock (_lock)
        {
            if (--_interested > 0) return;
            goesOn = _goesOn;
            if (!goesOn)
            {
                _isOver = true;
                (live, _live) = (_live, null);
            }
        }

        CloseDisk(ended: null);
        if (goesOn) return;

        if (live is not null) await live.DisposeAsync();
        await _cancellation.CancelAsync();
    }

    /// <summary>Who began it waits for it no more.</summary>
    public void LeaderLeaves()
    {
        lock (_lock) _isLed = false;
        if (_result.Task is { IsCompletedSuccessfully: true, Result.Body: { } body }) body.TakeReserved()?.Dispose();
    }

    /// <summary>The answer that cannot be stored, for who began the fill. Whoever takes it disposes of it.</summary>
    public OriginFetch? TakeLive() => Interlocked.Exchange(ref _live, null);

    /// <summary>Nobody is served by it any more.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Fetches. Never throws: what goes wrong, those who wait are told.</summary>
    public async Task RunAsync()
    {
        var isHandedOver = false;
        try
        {
            var result = await FillJudge.AskAsync(_cache, _order, _fetch);
            if (result.Kind == FillKind.Again)
            {
                await _fetch.DisposeAsync();
                (_order.Completes, _order.Validates) = (false, false);
                foreach (var name in Conditions.Names) _order.Request.Set(name, null);
                _order.Request.Set("Range", null);
                _fetch = NewFetch();
                result = await FillJudge.AskAsync(_cache, _order, _fetch);
            }

            if (result.Kind == FillKind.Live) isHandedOver = HandOver(_fetch);
            // Those who come from now on get what is stored, or ask for themselves.
            if (result.Kind != FillKind.Coming || result.IsForOne) _cache.Closed(this);
            else _goesOn |= result.Answer!.Length is not null;
            if (result.Kind == FillKind.Coming) Reserve(result.Body!);
            _result.TrySetResult(result);
            if (result.Kind == FillKind.Coming) await PumpAsync(_fetch, result.Answer!, result.Body!);
        }
        catch (Exception failed)
        {
            _result.TrySetException(failed);
            // It may be that nobody waits.
            _ = _result.Task.Exception;
        }
        finally
        {
            _cache.Ended(this);
            _order.Dispose();
            if (!isHandedOver) await _fetch.DisposeAsync();
        }
    }

    private OriginFetch NewFetch() => new(_cache.Origin, _order.Request, _cancellation);

    /// <summary>A body may come faster than who began the fill begins to read, and outgrow what is kept of it.</summary>
    private void Reserve(FillBody body)
    {
        lock (_lock)
        {
            if (_isLed) body.Reserve();
        }
    }

    private bool HandOver(OriginFetch fetch)
    {
        lock (_lock)
        {
            if (_order.IsBackground || _isOver) return false;
            _live = fetch;
            return true;
        }
    }

    private async Task PumpAsync(OriginFetch fetch, CachedAnswer answer, FillBody body)
    {
        var end = new byte[1];
        try
        {
            while (true)
            {
                if (body.IsTooLarge && !body.IsWindow) await WriteDownAsync(answer, body);
                if (body.IsWindow)
                {
                    Overflowed();
                    fetch.Pause();
                    await body.AwaitRoomAsync(s_patience, _cache.Time, _cancellation.Token);
                }

                var isFull = body.Length == answer.Length;
                var bytes = await fetch.ReadAsync(isFull ? end : body.Room());
                if (bytes == 0) break;
                body.Wrote(bytes);
                if (bytes >= SocketThreads.BulkBytes) await SocketThreads.Leave();
            }

            await StoreAsync(answer, body);
            body.Complete();
        }
        catch (Exception broken) when (broken is UpstreamException or OperationCanceledException)
        {
            _cache.Figures.Decisions.Note(_order.Key, "incomplete", answer.Head.Status, _cache.Time.GetUtcNow());
            answer.LetGo();
            body.Fail(broken);
        }
        finally
        {
            body.OnDisk?.Abandon();
            CloseDisk(body);
        }
    }

    private async ValueTask StoreAsync(CachedAnswer answer, FillBody body)
    {
        if (!body.IsWindow && body.OnDisk is null) _cache.Store(_order.Key, _order.Route, answer.WithBody(body.ToArray()));
        else if (!body.IsWindow && await body.OnDisk!.FinishAsync(answer) is { } onDisk) _cache.Store(_order.Key, _order.Route, answer.WithBody(onDisk));
        else answer.LetGo();
    }

    /// <summary>Writes to the disk what is too large for memory. If that is not possible, it goes on for those who read it.</summary>
    private async ValueTask WriteDownAsync(CachedAnswer answer, FillBody body)
    {
        if (body.OnDisk is null && body.Length <= _cache.LargestBytes && _cache.Disk?.TryBegin(AnswerCache.PlaceOf(_order.Key, answer), answer) is { } begun) body.GoesToDisk(begun);
        if (body.OnDisk is null || body.Length > _cache.LargestBytes || !await body.TryWriteDownAsync(_cache.Time)) body.GoesOnAsWindow();
    }

    /// <summary>The file is closed when nothing writes it, and nobody reads what it has not got in memory.</summary>
    private void CloseDisk(FillBody? ended)
    {
        DiskFill? closed = null;
        lock (_lock)
        {
            _onDisk ??= ended?.OnDisk;
            if (_interested == 0) (closed, _onDisk, _isOver) = (_onDisk, null, _isOver || _onDisk is not null);
        }

        closed?.Dispose();
    }

    /// <summary>It is larger than what is stored: it goes on for those who read it, and nobody joins.</summary>
    private void Overflowed()
    {
        if (_order.IsOverflowing) return;
        _order.IsOverflowing = true;
        _goesOn = false;
        _cache.Closed(this);
        _cache.Uncacheable.Add(_order.Key);
        _cache.Figures.Decisions.Note(_order.Key, "too-large", StatusCodes.Status200OK, _cache.Time.GetUtcNow());
        lock (_lock)
        {
            if (_interested > 0) return;
            _isOver = true;
        }

        _cancellation.Cancel();
    }
}
