using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Models;
using OrleansGateway.Models.Relays;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// One call to a provider that others, who ask the same at the same time, may read along with. The call that began it pays for it, and carries it: it goes on, though its
/// own client has left, while anybody listens. It is read as fast as it comes, so that no client's slowness is another's. Once it is whole it is stored.
/// </summary>
internal sealed class SharedAnswer : IAnswerTap, IDisposable
{
    // Those who read it say first that it fell silent: they know in whose words.
    private static readonly TimeSpan s_moreIdle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    // For the end of the framing, after the answer's own.
    private static readonly TimeSpan s_tail = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<(SharedHead Head, FillBody Body)?> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _lifetime = new();
    private readonly CancellationTokenSource _tail;
    private readonly ModelCache _cache;
    private readonly TimeProvider _time;
    private readonly FillTicket _ticket;
    private readonly CellSet _cells;
    private readonly CancellationTokenRegistration _left;
    private readonly CancellationTokenRegistration _cutOff;
    private Task _pump = Task.CompletedTask;
    private int _listeners;
    private readonly bool _isDrained;
    private bool _hasLeft;
    private bool _isCapped;

    /// <param name="cache">Where it is stored.</param>
    /// <param name="order">What is asked for.</param>
    /// <param name="call">The call that begins it.</param>
    /// <param name="time">Clock of the answer.</param>
    /// <param name="aborted">Cancelled when that call's client has gone.</param>
    /// <param name="cutOff">Cancelled when the gateway stops.</param>
    public SharedAnswer(ModelCache cache, AnswerOrder order, ModelCall call, TimeProvider time, CancellationToken aborted, CancellationToken cutOff)
    {
        (_cache, Order, _time, _isDrained) = (cache, order, time, call.IsDrained);
        _tail = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        // Before the provider is asked: what is invalidated from now on concerns what it will say.
        _ticket = order.Invalidations.BeginFill();
        _cells = order.Invalidations.Intern(_ticket, order.Host, order.Url, order.Tags);
        AskedAt = time.GetTimestamp();
        _left = aborted.UnsafeRegister(static answer => ((SharedAnswer)answer!).ClientLeft(), this);
        _cutOff = cutOff.UnsafeRegister(static answer => ((SharedAnswer)answer!)._lifetime.Cancel(), this);
        (call.Tap, call.Lifetime, call.IsDrained) = (this, _lifetime.Token, true);
    }

    public AnswerOrder Order { get; }

    public long AskedAt { get; }

    /// <summary>How many have joined.</summary>
    public int Listeners => Volatile.Read(ref _listeners);

    /// <summary>Head and body once the provider answers well; none if there is nothing to share.</summary>
    public Task<(SharedHead Head, FillBody Body)?> Begun => _begun.Task;

    /// <summary>Whether others may still join: it has not come to nothing, and no invalidation was applied since it began that concerns it.</summary>
    public bool IsJoinable => _begun.Task is not { IsCompletedSuccessfully: true, Result: null } && Order.Invalidations.MayJoin(_ticket, _cells, knowsTags: true);

    /// <summary>Joins those who listen, if they may. Who has joined leaves (<see cref="Leave"/>).</summary>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (!IsJoinable) return false;
            _listeners++;
            return true;
        }
    }

    /// <summary>Listens no more.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (--_listeners > 0 || !_hasLeft || _isDrained) return;
        }

        _lifetime.Cancel();
    }

    public UpstreamResponse Of(ModelCall call, Target target, UpstreamResponse response)
    {
        var form = response.Header("Content-Type");
        var isStream = AnswerCarrier.IsStream(response);
        var isJson = form?.Contains("json", StringComparison.OrdinalIgnoreCase) ?? false;
        var isGood = response.Status == StatusCodes.Status200OK && response.Header("Content-Encoding") is null && (isStream ? Order.IsStream : isJson);
        if (target != Order.Target || !isGood || _begun.Task.IsCompleted)
        {
            Missed();
            return response;
        }

        // A budget may have the model say less than was asked for: then it is no answer for others, who have not got that budget.
        _isCapped = call.Allowance?.OutputTokensMax is { } most && most < (call.Envelope.OutputTokensMax ?? call.Entry.Settings.MaxOutputTokens);
        var length = long.TryParse(response.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var stated) ? stated : (long?)null;
        var body = new FillBody(length, (int)Order.Settings.EntryMax.Bytes);
        var head = SharedHead.Of(response);
        var own = new SharedResponse(head, body.TryRead()!, ended: CarriedAsync);
        if (_isCapped) Missed();
        else _begun.TrySetResult((head, body));
        _pump = PumpAsync(response, head, body, target.Timeouts.Idle + s_moreIdle);
        return own;
    }

    public void Missed()
    {
        _cache.Over(this);
        _begun.TrySetResult(null);
    }

    /// <summary>The call that began it is over. Whoever still waits for it to begin goes on alone.</summary>
    public void Dispose()
    {
        Missed();
        _left.Dispose();
        _cutOff.Dispose();
        _cells.Dispose();
        _ticket.Dispose();
        _tail.Dispose();
    }

    private void ClientLeft()
    {
        lock (_lock)
        {
            _hasLeft = true;
            if (_listeners > 0 || _isDrained) return;
        }

        _lifetime.Cancel();
    }

    /// <summary>The call that pays has read what it wanted: the answer ends with it.</summary>
    private async ValueTask CarriedAsync(bool isWhole)
    {
        if (isWhole) _tail.CancelAfter(s_tail);
        else await _tail.CancelAsync();
        await _pump;
    }

    private async Task PumpAsync(UpstreamResponse response, SharedHead head, FillBody body, TimeSpan idle)
    {
        var times = new PieceTimes();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_lifetime.Token, _tail.Token);
        using var deadline = new Deadline(new Waits(idle, idle, null), _time, either.Token);
        try
        {
            var beganAt = _time.GetTimestamp();
            while (true)
            {
                if (body.IsWindow) await AwaitRoomAsync(body, either.Token);
                deadline.AwaitNext();
                var bytes = await response.ReadAsync(body.Room(), deadline.Token);
                if (bytes == 0) break;
                if (Order.IsStream && !body.IsWindow) times.Came((int)body.Length + bytes, _time.GetElapsedTime(beganAt));
                body.Wrote(bytes);
            }

            Keep(head, body, times);
            body.Complete();
        }
        catch (Exception broken) when (broken is UpstreamException or OperationCanceledException)
        {
            // Its own final event may have come all the same; who reads has it then.
            if (_tail.IsCancellationRequested) response.ExpectNoMore();
            body.Fail(deadline.Expired ? new UpstreamException("it fell silent in the middle of its answer", broken) : broken);
        }
        finally
        {
            _cache.Over(this);
            await response.DisposeAsync();
        }
    }

    /// <summary>It is larger than what is stored. One reader alone may be as slow as it likes; one of many may not hold up the others.</summary>
    private ValueTask AwaitRoomAsync(FillBody body, CancellationToken cancellation)
    {
        _cache.Over(this);
        return body.AwaitRoomAsync(body.Readers > 1 ? s_patience : Timeout.InfiniteTimeSpan, _time, cancellation);
    }

    private void Keep(SharedHead head, FillBody body, PieceTimes times)
    {
        if (body.IsWindow) return;
        var (bytes, isStream) = (body.ToArray(), head.Header("Content-Type")!.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase));
        if (KnownAnswer.Read(Order.Dialect, Order.IsChat, isStream, bytes) is not { } known || !known.Finishes.All(Order.Settings.FinishReasons.Contains)) return;
        if (_isCapped && known.Finishes.Contains(StoredFinish.Length)) return;
        var answer = new StoredAnswer(bytes, known, Order.Invalidations, Order.Invalidations.Intern(_ticket, Order.Host, Order.Url, Order.Tags))
        {
            Dialect = Order.Dialect,
            ContentType = head.Header("Content-Type")!,
            IsStream = isStream,
            Times = times,
            AskedAt = AskedAt,
            Ttl = Order.Ttl,
            FillSeq = _ticket.Seq,
        };
        // Checked here too: what was invalidated meanwhile would only take room.
        if (answer.IsSpent(_time)) ((Store.IStored)answer).Left(null);
        else _cache.Store(Order, answer);
    }
}
