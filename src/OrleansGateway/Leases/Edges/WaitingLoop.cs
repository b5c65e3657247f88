namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Has waiting requests try again: when units went back to an account that they use, and when the owner said that there would be some. Of those who wait for the same account the
/// first tries, and the next only once it was admitted.
/// </summary>
internal sealed class WaitingLoop(WaitingLine line, Admitting admitting, EdgeSignals signals, EdgeClock clock)
{
    // Where nobody can say when.
    private static readonly TimeSpan RetryUnknown = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until it is admitted, its time is over, or it is cancelled: then it is in the queue no more, and nobody touches its hold.</summary>
    public async ValueTask<Admission> WaitAsync(PendingAdmission request, Admission refused, CancellationToken cancellation)
    {
        Note(request, refused);
        request.Hold.IsQuiet = true;
        try
        {
            if (!line.TryJoin(request)) return refused;
            // Units may have gone back before it had joined.
            signals.Freed(refused.Binding!);
            return await request.Answer.WaitAsync(request.Deadline - clock.Now, clock.Provider, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            line.Leave(request);
            var isAnswered = !request.TryAnswer(request.Refused);
            await request.Gate.WaitAsync(CancellationToken.None);
            if (e is TimeoutException) return await request.Answer;
            if (isAnswered) request.Hold.Undo(request.Mark);
            throw;
        }
        finally
        {
            request.Hold.IsQuiet = false;
            request.WaitFor(default);
        }
    }

    /// <summary>Until it is cancelled. Those who wait then are refused.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var freed = signals.FreedAccounts;
        using var alarm = clock.Provider.CreateTimer(static s => ((WaitingLoop)s!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (await freed.WaitToReadAsync(stopping))
            {
                var accounts = new HashSet<Account>();
                while (freed.TryRead(out var account))
                {
                    Volatile.Write(ref account.IsFreed, false);
                    accounts.Add(account);
                }

                await TryAllAsync(accounts, stopping);
                SetAlarm(alarm);
            }
        }
        catch (OperationCanceledException)
        {
            foreach (var request in line.ToArray()) Answer(request, new(Denial.Unavailable, request.Binding, default));
        }
    }

    private async ValueTask TryAllAsync(HashSet<Account> freed, CancellationToken stopping)
    {
        var held = new HashSet<Account>();
        foreach (var request in line.ToArray())
        {
            if (request.IsAnswered) continue;
            if (request.Binding is not { } binding || held.Contains(binding)) continue;
            if (clock.Now >= request.RetryAt || freed.Contains(binding)) await TryAsync(request, stopping);
            // The next one for the same account is not to overtake it.
            if (!request.IsAnswered) held.Add(request.Binding!);
        }
    }

    private async ValueTask TryAsync(PendingAdmission request, CancellationToken stopping)
    {
        await request.Gate.WaitAsync(stopping);
        try
        {
            if (request.IsAnswered) return;
            var admission = await admitting.TryAsync(request, stopping);
            if (admission is { Denial: Denial.NotNow, Binding: not null }) Note(request, admission);
            else if (!Answer(request, admission) && admission.IsGranted) request.Hold.Undo(request.Mark);
        }
        finally
        {
            request.Gate.Release();
        }
    }

    private bool Answer(PendingAdmission request, Admission admission)
    {
        line.Leave(request);
        return request.TryAnswer(admission);
    }

    private void Note(PendingAdmission request, Admission refused)
    {
        request.WaitFor(refused);
        request.RetryAt = clock.Now + (refused.RetryAfter > TimeSpan.Zero ? refused.RetryAfter : RetryUnknown);
    }

    private void SetAlarm(ITimer alarm)
    {
        var next = TimeSpan.MaxValue;
        foreach (var request in line.ToArray())
        {
            if (request.RetryAt < next) next = request.RetryAt;
        }

        if (next == TimeSpan.MaxValue) return;
        var wait = next - clock.Now;
        alarm.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    // The first whose time has come is as good as any: all are looked at.
    private void Ring()
    {
        if (line.ToArray() is [var first, ..]) signals.Freed(first.Refused.Binding ?? first.Accounts[0]);
    }
}
