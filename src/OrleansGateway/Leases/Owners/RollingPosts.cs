using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// What was posted to an account whose window rolls, by 120th parts of the window, each counted until its last unit is out of it. The part that is open is the account's own row, of
/// period 0, whose limit is what the closed parts leave; each closed part is a row of its own, and rows are used again.
/// </summary>
internal sealed class RollingPosts(LedgerDraft draft)
{
    private const int Parts = 120;
    private const int Rows = 128;

    private readonly List<LedgerPeriod> _closed = [];

    public long Sum { get; private set; }

    public static bool Has(AccountRow row) => row.Period != 0 && row.End is null;

    public static DateTimeOffset StartAt(TimeSpan window, DateTimeOffset now)
    {
        var part = Math.Max(window.Ticks / Parts, 1);
        return new DateTimeOffset(now.UtcTicks / part * part, TimeSpan.Zero);
    }

    /// <summary>A number for the part that is open, for notices; 0 if the account does not roll, for its row then says.</summary>
    public static long BucketAt(TimeSpan window, DateTimeOffset now, bool isRolling) => isRolling ? now.UtcTicks / Math.Max(window.Ticks / Parts, 1) : 0;

    public void Load(LedgerPeriod closed)
    {
        if (closed.Posted == 0) return;
        _closed.Add(closed);
        _closed.Sort(static (a, b) => Nullable.Compare(a.Start, b.Start));
        Sum += closed.Posted;
    }

    /// <summary>Closes the part that is over, and gives back what has left the window.</summary>
    public void Advance(LedgerPeriod open, TimeSpan window, DateTimeOffset now)
    {
        var start = StartAt(window, now);
        if (start > open.Start)
        {
            if (open.Posted > 0) Close(open, window);
            open.Start = start;
        }

        while (_closed.Count > 0 && LeavesAt(_closed[0].Start, window) <= now)
        {
            var gone = _closed[0].Posted;
            open.Raise(gone);
            Zero(_closed[0]);
            _closed.RemoveAt(0);
            Sum -= gone;
            draft.Changed(open);
        }
    }

    /// <summary>What was posted at an instant was more, or less (negative). Answers how much of the change still counts.</summary>
    public long Correct(LedgerPeriod open, TimeSpan window, long amount, DateTimeOffset at, DateTimeOffset now)
    {
        var start = StartAt(window, at);
        if (LeavesAt(start, window) <= now) return 0;
        var left = amount;
        // It was posted a moment after it was used, so perhaps in a later part.
        foreach (var part in _closed.Where(c => c.Start >= start))
        {
            var change = Math.Max(left, -part.Posted);
            (part.Posted, part.Limit, Sum, left) = (part.Posted + change, part.Limit + change, Sum + change, left - change);
            open.Raise(-change);
            draft.Changed(part);
            if (left == 0) break;
        }

        var rest = Math.Max(left, -open.Posted);
        (open.Posted, open.Available) = (open.Posted + rest, open.Available - rest);
        draft.Changed(open);
        return amount - left + rest;
    }

    /// <summary>How long until this much more is free; zero if nobody can say.</summary>
    public TimeSpan WhenFree(long missing, LedgerPeriod open, TimeSpan window, DateTimeOffset now)
    {
        var last = TimeSpan.Zero;
        foreach (var (posted, start) in _closed.Select(c => (c.Posted, c.Start)).Append((open.Posted, open.Start)))
        {
            if (posted == 0) continue;
            last = LeavesAt(start, window) - now;
            missing -= posted;
            if (missing <= 0) return last;
        }

        return missing > long.MaxValue / 2 ? last : TimeSpan.Zero;
    }

    /// <summary>The account does not roll any more: what was posted counts elsewhere.</summary>
    public void Clear()
    {
        foreach (var closed in _closed) Zero(closed);
        _closed.Clear();
        Sum = 0;
    }

    private static DateTimeOffset LeavesAt(DateTimeOffset? start, TimeSpan window) => start!.Value + (window / Parts) + window;

    private void Close(LedgerPeriod open, TimeSpan window)
    {
        var number = (open.Start!.Value.UtcTicks / Math.Max(window.Ticks / Parts, 1) % Rows) + 1;
        var closed = _closed.Find(c => c.Number == number);
        if (closed is null)
        {
            closed = new LedgerPeriod(open.Account, number) { Start = open.Start };
            _closed.Add(closed);
        }

        // A row that is still in use, which a jump of the calendar can bring about, counts until the later part leaves.
        closed.Start = open.Start;
        closed.Limit += open.Posted;
        closed.Posted += open.Posted;
        Sum += open.Posted;
        open.Limit -= open.Posted;
        open.Posted = 0;
        draft.Changed(closed);
        draft.Changed(open);
    }

    private void Zero(LedgerPeriod closed)
    {
        (closed.Limit, closed.Available, closed.Posted) = (0, 0, 0);
        draft.Changed(closed);
    }
}
