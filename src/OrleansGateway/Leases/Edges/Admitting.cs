namespace OrleansGateway.Leases.Edges;

/// <summary>
/// Admits one request with the owners' help: takes what is to hand, and asks each owner in turn for the rest. What was taken goes back if a later one has not enough.
/// </summary>
internal sealed class Admitting(EdgeCore core, Func<OwnerLink, OwnerLane> lanes, EdgeClock clock, EdgeNotices notices)
{
    // Each was overtaken by others that did not get through either, or by the deadline of a lease: rare, and not for ever.
    private const int TriesMax = 8;

    /// <summary>
    /// A refusal leaves the hold as it was; so does cancellation. With what is granted <see cref="Admission.RetryAfter"/> says how long the request must still wait.
    /// </summary>
    public async ValueTask<Admission> TryAsync(PendingAdmission request, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            request.NoteUndone();
            var mark = request.Mark = request.Hold.Mark();
            Admission admission;
            try
            {
                admission = await TryOnceAsync(request, mark, cancellation);
            }
            catch (OperationCanceledException)
            {
                request.Hold.Undo(mark);
                throw;
            }

            if (admission.IsGranted) return admission;
            request.Hold.Undo(mark);
            if (tries == TriesMax || request.Hold.IsEnded || !request.WasOvertaken(admission)) return admission;
        }
    }

    private async ValueTask<Admission> TryOnceAsync(PendingAdmission request, int mark, CancellationToken cancellation)
    {
        var wanting = new List<Account>();
        if (!core.TryAdmitWhatIsToHand(request.Hold, request.Accounts, request.Units, clock.Now, wanting)) return new(Denial.Unavailable, null, default);
        var delay = TimeSpan.Zero;
        while (wanting.Count > 0)
        {
            // The order of accounts makes no difference.
            var link = wanting.MinBy(a => a.Owner, StringComparer.Ordinal)!.Link;
            var admission = await AskAsync(link, request, [.. wanting.Where(a => a.Link == link)], cancellation);
            if (!admission.IsGranted) return admission;
            if (admission.RetryAfter > delay) delay = admission.RetryAfter;
            wanting.RemoveAll(a => a.Link == link);
        }

        // A lease may have ended while owners were asked: once more, at once.
        if (!request.Hold.Confirm(mark, clock.Now)) return new(Denial.NotNow, request.Accounts[0], default);
        return new(Denial.None, null, delay);
    }

    /// <summary>Asks one owner for exactly this. Accounts in shadow ask on their own, so that they refuse nothing.</summary>
    private async ValueTask<Admission> AskAsync(OwnerLink link, PendingAdmission request, Account[] wanting, CancellationToken cancellation)
    {
        var lane = lanes(link);
        var takes = new List<PendingTake>();
        lane.Do(() => Queue(request, wanting, takes));
        lane.Send();
        try
        {
            var admission = default(Admission);
            foreach (var take in takes)
            {
                if (!take.IsEnded) await WaitAsync(lane, take, cancellation);
                if (take.IsShadow)
                {
                    if (take.Denial != Denial.None) CountShadow(request, take.Items[0].Account);
                }
                else
                {
                    admission = new(take.Denial, take.Binding, take.Delay);
                }
            }

            return admission;
        }
        catch (OperationCanceledException)
        {
            // What was granted in this moment is in the hold, and goes back with the rest.
            lane.Do(() => takes.ForEach(link.Abandon));
            throw;
        }
    }

    private void Queue(PendingAdmission request, Account[] wanting, List<PendingTake> takes)
    {
        var hard = wanting.Where(a => !a.Spec.Shadow).ToArray();
        var waitMax = request.Deadline > clock.Now ? request.Deadline - clock.Now : default;
        foreach (var account in wanting)
        {
            if (!account.Spec.Shadow) continue;
            var take = core.QueueTake(request.Hold, [account], request.Units, request.Priority);
            take.IsShadow = true;
            takes.Add(take);
        }

        if (hard.Length > 0) takes.Add(core.QueueTake(request.Hold, hard, request.Units, request.Priority, waitMax));
    }

    private async ValueTask WaitAsync(OwnerLane lane, PendingTake take, CancellationToken cancellation)
    {
        var ended = Task.CompletedTask;
        lane.Do(() => ended = take.WhenEnded());
        try
        {
            await ended.WaitAsync(core.Settings.AnswerWithin, clock.Provider, cancellation);
        }
        catch (TimeoutException)
        {
            lane.Do(() => lane.Link.Abandon(take));
        }
    }

    private void CountShadow(PendingAdmission request, Account account)
    {
        if (request.Shadowed.Contains(account)) return;
        request.Shadowed.Add(account);
        notices.WouldHaveBlocked(account);
    }
}
