using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// One owner in this process: a lock around its core, and a queue for what comes while something is being written, so that all who wait share the next write. What needs no write is
/// answered at once, and does not wait for the ledger when it is down. In a cluster it is what a grain has: its calls come in turn, and the lock is never waited for.
/// </summary>
/// <param name="name">Which.</param>
/// <param name="make">Makes a core; told whether it takes the place of one that had to be dropped.</param>
/// <param name="store">Where its money is kept.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="log">Where faults are told.</param>
/// <param name="isOnce">Whether it is over once its core had to be dropped: another is made elsewhere then.</param>
internal sealed class HostedOwner(string name, Func<bool, OwnerCore> make, ILedgerStore store, OwnerClock clock, ILogger log, bool isOnce = false)
{
    // An edge has one request under way, so a queue this long is a fault somewhere.
    private const int QueueMax = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<OwnerJob> _queue = new();
    private OwnerCore? _core;
    private (OwnerStep Step, IReadOnlyList<RequestJob> Jobs)? _begun;
    private bool _isBusy;
    private bool _isRetired;
    private bool _wasDropped;
    private int _failures;
    private TimeSpan _retryAt;
    private TimeSpan _usedAt = clock.Now.Monotonic;

    // The first failure is tried again at once: it may have been this write alone.
    private TimeSpan BackOff => _failures <= 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(25 << Math.Min(_failures, 10), 5000));

    /// <summary>Whether it is over: all that it is asked from now on must be asked of another.</summary>
    public bool IsRetired
    {
        get
        {
            lock (_lock) return _isRetired;
        }
    }

    /// <summary>The answer, or where it will be; false if this owner has been dropped from memory, and another one is to be asked.</summary>
    public bool TrySend(LeaseRequest request, out LeaseReply? reply, out Task<LeaseReply>? later)
    {
        (reply, later) = (null, null);
        lock (_lock)
        {
            if (_isRetired) return false;
            var now = clock.Now;
            _usedAt = now.Monotonic;
            RequestJob? job = null;
            if (!_isBusy && TryNow(request, now, out job) is { } answer)
            {
                reply = answer;
                return true;
            }

            if (job is null) Enqueue(job = new RequestJob(request));
            later = job.Done;
            if (_isBusy) return true;
            _isBusy = true;
        }

        _ = RunAsync();
        return true;
    }

    /// <summary>Does a step in its turn; null if this owner has been dropped from memory.</summary>
    public Task<OwnerStep?>? Do(bool needsLedger, Func<OwnerCore, OwnerTime, OwnerStep?> begin)
    {
        var job = new StepJob(needsLedger, begin);
        lock (_lock)
        {
            if (_isRetired) return null;
            _usedAt = clock.Now.Monotonic;
            Enqueue(job);
            if (_isBusy) return job.Done;
            _isBusy = true;
        }

        _ = RunAsync();
        return job.Done;
    }

    /// <summary>What time brings; answers whether nothing is left here to be kept in memory, and it is dropped.</summary>
    /// <param name="idleAfter">How long it must not have been used for that; none if it is never dropped by this.</param>
    public bool Sweep(TimeSpan? idleAfter)
    {
        lock (_lock)
        {
            if (_isBusy) return false;
            var now = clock.Now;
            // A core that took the place of a dropped one knows that its accounts may be empty, and is kept for that.
            if (idleAfter is { } time && IsIdle(time, now)) return _isRetired = true;
            if (_core?.BeginSweep(now) is not { } step) return false;
            _begun = (step, []);
            _isBusy = true;
        }

        _ = RunAsync();
        return false;
    }

    /// <summary>Whether nothing of it is in use, and it has not been asked for so long.</summary>
    public bool IsIdleFor(TimeSpan time)
    {
        lock (_lock) return !_isBusy && IsIdle(time, clock.Now);
    }

    public void SpecsChanged()
    {
        lock (_lock) _core?.SpecsChanged(clock.Now);
    }

    /// <summary>Ends it, in its turn, and answers what is to be kept of it; null if it was over. Nothing is granted afterwards.</summary>
    public async Task<OwnerRemains?> EndAsync()
    {
        OwnerRemains? remains = null;
        var done = Do(needsLedger: false, (core, now) =>
        {
            remains = new OwnerRemains(core.Epoch, [.. core.Levels(now)], core.IsInUse);
            _isRetired = true;
            return null;
        });
        if (done is not null) await done;
        return remains;
    }

    /// <summary>Ends it at once: another has taken over. Who waits is told that there is no answer.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            _isRetired = true;
            if (!_isBusy) FailAll();
        }
    }

    /// <summary>What is spent of its budgets; nothing if they are not in memory.</summary>
    public IReadOnlyList<BudgetShare> BudgetShares()
    {
        lock (_lock) return _core?.BudgetShares() ?? [];
    }

    /// <summary>See <see cref="OwnerCore.CountLeases"/>.</summary>
    public (int Leases, int Accounts) CountLeases(int accountsMax)
    {
        lock (_lock) return _core?.CountLeases(accountsMax) ?? default;
    }

    private bool IsIdle(TimeSpan time, OwnerTime now) => _core is null or { IsIdle: true } && !_wasDropped && _usedAt + time <= now.Monotonic;

    private void Enqueue(OwnerJob job)
    {
        if (_queue.Count >= QueueMax) throw new IOException($"Owner {name} has {QueueMax} requests waiting");
        _queue.Enqueue(job);
    }

    /// <summary>The answer if nothing has to be written or read first; else what has been begun, if anything has.</summary>
    private LeaseReply? TryNow(LeaseRequest request, OwnerTime now, out RequestJob? begun)
    {
        begun = null;
        _core ??= make(_wasDropped);
        if (MayLoad(now) && _core.TouchesLedger(request, now)) return null;
        var step = _core.Begin([request], now);
        if (step.Write is null) return _core.End(step, written: true, now)[0];
        begun = new RequestJob(request);
        _begun = (step, [begun]);
        return null;
    }

    private bool MayLoad(OwnerTime now) => _core is { IsLedgerKnown: false } && now.Monotonic >= _retryAt;

    private async Task RunAsync()
    {
        var isThere = true;
        while (isThere)
        {
            List<OwnerJob> jobs = [];
            try
            {
                isThere = await TurnAsync(jobs);
            }
            catch (Exception exception)
            {
                // Whatever it was: what the core says can be relied on no more, and nobody is to wait for ever.
                Drop(jobs, exception);
            }
        }
    }

    /// <summary>One step, for all requests that wait; answers whether there was anything to do.</summary>
    private async Task<bool> TurnAsync(List<OwnerJob> jobs)
    {
        if (!TakeJobs(jobs, out var step)) return false;
        if (step is null && NeedsLoad(jobs)) await LoadAsync();
        step ??= Begin(jobs);
        var written = step?.Write is null || await WriteAsync(step);
        End(jobs, step, written);
        return true;
    }

    private bool TakeJobs(List<OwnerJob> jobs, out OwnerStep? step)
    {
        lock (_lock)
        {
            step = _begun?.Step;
            if (_begun is { } begun) jobs.AddRange(begun.Jobs);
            _begun = null;
            if (step is not null) return true;
            if (_isRetired)
            {
                FailAll();
                return _isBusy = false;
            }

            _core ??= make(_wasDropped);
            while (_queue.TryPeek(out var next) && (jobs.Count == 0 || (next is RequestJob && jobs[0] is RequestJob))) jobs.Add(_queue.Dequeue());
            return _isBusy = jobs.Count > 0;
        }
    }

    private bool NeedsLoad(List<OwnerJob> jobs)
    {
        lock (_lock)
        {
            var now = clock.Now;
            return MayLoad(now) && jobs.Exists(j => j.NeedsLedger(_core!, now));
        }
    }

    private async Task LoadAsync()
    {
        try
        {
            var record = await store.AcquireAsync(name, CancellationToken.None);
            lock (_lock) _core!.Reload(record, clock.Now);
        }
        catch (LedgerException exception)
        {
            Failed(exception);
        }
    }

    private OwnerStep? Begin(List<OwnerJob> jobs)
    {
        lock (_lock)
        {
            var now = clock.Now;
            if (jobs[0] is not StepJob job) return _core!.Begin([.. jobs.Cast<RequestJob>().Select(j => j.Request)], now);
            if (_core!.IsLedgerKnown || !job.NeedsLedger(_core, now)) return job.Begin(_core, now);
            job.Fail(new LedgerException($"The ledger of {name} cannot be reached"));
            return null;
        }
    }

    private async Task<bool> WriteAsync(OwnerStep step)
    {
        try
        {
            var outcome = await store.WriteAsync(step.Write!, CancellationToken.None);
            if (outcome == LedgerOutcome.Fenced) throw new IOException($"Another process has taken over {name}");
            if (step is { ActId: not null, Act.Fault: null } && !await IsDoneAsync(step)) return false;
            _failures = 0;
            foreach (var notice in step.Write!.Notices) log.BudgetReached(notice.Account, notice.Percent, notice.Posted, notice.Limit);
            return true;
        }
        catch (LedgerException exception)
        {
            Failed(exception);
            return false;
        }
    }

    /// <summary>
    /// Whether the ledger has what an act did: one that was done before this process began changes nothing there. What the core has is wrong then, and is read anew.
    /// </summary>
    private async Task<bool> IsDoneAsync(OwnerStep step)
    {
        var record = await store.ReadAsync(name, CancellationToken.None);
        var after = step.Act!.After!;
        var row = record?.Accounts.FirstOrDefault(a => a.Account == after.Account && a.Period == after.Period);
        if (row == after) return true;
        step.Act = new BudgetActResult(null, row, row);
        return false;
    }

    private void End(List<OwnerJob> jobs, OwnerStep? step, bool written)
    {
        IReadOnlyList<LeaseReply> replies;
        lock (_lock) replies = step is null ? [] : _core!.End(step, written, clock.Now);
        for (var i = 0; i < jobs.Count; i++)
        {
            if (jobs[i] is RequestJob request) request.Answer(replies[i]);
            else if (written || IsDoneBefore(step)) ((StepJob)jobs[i]).Answer(step);
            else jobs[i].Fail(new LedgerException($"The ledger of {name} could not be written"));
        }
    }

    private static bool IsDoneBefore(OwnerStep? step) => step is { ActId: not null, Act: { Fault: null, Before: { } before, After: { } after } } && ReferenceEquals(before, after);

    private void FailAll()
    {
        while (_queue.TryDequeue(out var job)) job.Fail(new IOException($"Owner {name} has ended here"));
    }

    private void Failed(LedgerException exception)
    {
        lock (_lock)
        {
            _failures++;
            _retryAt = clock.Now.Monotonic + BackOff;
        }

        log.LedgerFailed(exception, name);
    }

    private void Drop(List<OwnerJob> jobs, Exception exception)
    {
        lock (_lock)
        {
            _core = null;
            _begun = null;
            _wasDropped = true;
            _isRetired |= isOnce;
        }

        log.OwnerDropped(exception, name);
        foreach (var job in jobs) job.Fail(exception as IOException ?? new IOException($"Owner {name} had to be dropped", exception));
    }
}

internal static partial class OwnersLog
{
    [LoggerMessage(2310, LogLevel.Warning, "The ledger of {Owner} could not be read or written; its money is unavailable until it can")]
    public static partial void LedgerFailed(this ILogger log, Exception exception, string owner);

    [LoggerMessage(2311, LogLevel.Error, "What is known of {Owner} is dropped and read anew")]
    public static partial void OwnerDropped(this ILogger log, Exception exception, string owner);

    [LoggerMessage(2312, LogLevel.Information, "{Account} has reached {Percent} %: {Posted} of {Limit} nano-dollars")]
    public static partial void BudgetReached(this ILogger log, AccountId account, int percent, long posted, long limit);
}
