using System.Runtime.CompilerServices;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Leases;

/// <summary>
/// What one request has taken from accounts, and has not yet spent or given back. It ends exactly once; whoever comes second changes nothing. It remembers the very leases that it
/// took from: nothing goes back to any other. Admissions into one hold come one after the other; its end may come at any time, from any thread.
/// </summary>
internal sealed class Hold : IDisposable
{
    private const int Open = 0;
    private const int Changing = 1;
    private const int Ended = 2;

    private readonly EdgeCore _core;
    private Held[] _held = new Held[16];
    private int _state = Ended;
    private int _count;
    private int _mark;
    private int _moneyCount;
    private long _number;

    internal Hold(EdgeCore core) => _core = core;

    /// <summary>The request's id.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Whether what is undone is told to nobody who waits: so that two who wait do not wake each other for ever.</summary>
    internal bool IsQuiet { get; set; }

    internal EdgeCore Core => _core;

    internal bool IsEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Units held of a dimension: the least that any account of it holds, for that is what may be used. 0 if no account counts it.</summary>
    public long Of(Dimension dimension)
    {
        if (!TryEnter()) return 0;
        var least = long.MaxValue;
        for (var i = 0; i < _count; i++)
        {
            if (_held[i].Cell.Dimension == dimension && !_held[i].IsRaise) least = Math.Min(least, TotalOf(_held[i].Cell.Account));
        }

        Leave();
        return least == long.MaxValue ? 0 : least;
    }

    /// <summary>
    /// So much is used for certain, in total, though the request goes on: what is spent of a rate comes back with time, what is held does not. Money and slots stay held until the
    /// end. Without it all that is held counts as held until then.
    /// </summary>
    public void Spend(in Amounts soFar)
    {
        if (!TryEnter()) return;
        for (var i = 0; i < _count; i++)
        {
            ref var held = ref _held[i];
            if (held.Cell.IsMoney || held.Cell.Dimension == Dimension.Concurrency) continue;
            var spent = UsedOf(i, soFar);
            if (spent <= held.Spent) continue;
            held.Cell.Spend(spent - held.Spent);
            held.Spent = spent;
        }

        Leave();
    }

    /// <summary>What money accounts are charged if the request <see cref="Settle">settles</see> at this; nothing if it has ended.</summary>
    public void ChargesAt(in Amounts used, List<UsageCharge> charges)
    {
        if (!TryEnter()) return;
        for (var i = 0; i < _count; i++)
        {
            var cell = _held[i].Cell;
            if (!cell.IsMoney || UsedOf(i, used) is not (> 0 and var amount)) continue;
            var same = charges.FindIndex(c => c.Account == cell.Account.Id && c.Period == cell.Period);
            if (same < 0) charges.Add(new UsageCharge(cell.Account.Id, cell.Period, amount));
            else charges[same] = charges[same] with { Amount = charges[same].Amount + amount };
        }

        Leave();
    }

    /// <summary>The request is over and has used this; the rest goes back. What is used beyond the hold is counted as an overrun, and never posted. Slots all go back.</summary>
    public void Settle(in Amounts used)
    {
        if (!TryEnd()) return;
        JournalEnd(used);
        for (var i = 0; i < _count; i++)
        {
            ref readonly var held = ref _held[i];
            var cell = held.Cell;
            // Slots are not used up.
            var spent = cell.Dimension == Dimension.Concurrency ? 0 : Math.Max(UsedOf(i, used), held.Spent);
            if (cell.Dimension != Dimension.Concurrency && !held.IsRaise && used.Of(cell.Dimension) > held.Units) CountOverrun(cell.Account, used);
            if (spent > held.Spent) cell.Spend(spent - held.Spent);
            if (spent < held.Units) cell.GiveBack(held.Units - spent);
            _core.Ended(cell, held.Units - spent);
        }
    }

    /// <summary>The request did not happen: everything goes back, but what was <see cref="Spend">spent</see>.</summary>
    public void Cancel() => Settle(default);

    /// <summary>Cancels it if it has not ended, and gives the object back for other requests: only by whoever asked for it, once nobody else can have it any more.</summary>
    public void Dispose()
    {
        if (!IsEnded) Cancel();
        _core.Reuse(this);
    }

    /// <summary>Whether all that the last admission took may be used at this time too; undoes it if not.</summary>
    internal bool Confirm(TimeSpan now) => Confirm(_mark, now);

    /// <summary>Whether all that was taken since the mark may be used at this time too; undoes it if not.</summary>
    internal bool Confirm(int mark, TimeSpan now)
    {
        if (!TryEnter()) return false;
        var isLive = ConfirmEntered(mark, now);
        Leave();
        return isLive;
    }

    /// <summary>The same within an entry.</summary>
    internal bool ConfirmEntered(int mark, TimeSpan now)
    {
        var isLive = true;
        for (var i = mark; i < _count; i++) isLive &= now.Ticks < _held[i].Cell.Deadline;
        if (!isLive) UndoTo(mark, isJournalled: true);
        return isLive;
    }

    /// <summary>Gives back what was taken since the mark, to the leases that it came from.</summary>
    internal void Undo(int mark)
    {
        if (!TryEnter()) return;
        UndoTo(mark, isJournalled: true);
        Leave();
    }

    internal void Start(string name)
    {
        Array.Clear(_held, 0, _count);
        (Name, _count, _mark, _moneyCount, _number, IsQuiet) = (name, 0, 0, 0, 0, false);
        Volatile.Write(ref _state, Open);
    }

    /// <summary>Begins an admission; what it takes can be undone from here on.</summary>
    internal int Mark()
    {
        if (!TryEnter()) return _count;
        if (_count > _held.Length / 2) Merge();
        var mark = _count;
        Leave();
        return mark;
    }

    /// <summary>From here on nobody else changes it, until <see cref="Leave"/>; false if it has ended.</summary>
    internal bool TryEnter()
    {
        var spin = default(SpinWait);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref _state, Changing, Open);
            if (found == Open) return true;
            if (found == Ended) return false;
            // Some hundred nanoseconds, for nobody waits while changing it.
            spin.SpinOnce();
        }
    }

    internal void Leave() => Volatile.Write(ref _state, Open);

    /// <summary>Within an entry: what is added from here on is one admission.</summary>
    internal void Begin() => _mark = _count;

    /// <summary>Within an entry: takes it from what is to hand, or nothing.</summary>
    internal bool TryTake(Account account, long need, long now)
    {
        if (account.IsExact) return false;
        if (account.Cell is { } cell && cell.TryTake(need, now))
        {
            Add(cell, need);
            if (cell.ToHand < cell.LowWater) account.Link.Mark(account, wakes: true);
            return true;
        }

        if (account.Older is not { } older || !older.TryTake(need, now)) return false;
        Add(older, need);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(Cell cell, long units)
    {
        if (_count == _held.Length) Array.Resize(ref _held, 2 * _count);
        ref var held = ref _held[_count];
        (held.Cell, held.Units, held.Spent, held.IsRaise) = (cell, units, 0, _mark > 0 && Holds(cell.Account));
        _count++;
        if (cell.IsMoney) _moneyCount++;
    }

    /// <summary>Within an entry: writes the totals of money down. If that fails, what the admission took is undone.</summary>
    internal bool JournalOrUndo()
    {
        if (_moneyCount == 0 || JournalHeld(_count)) return true;
        UndoTo(_mark, isJournalled: false);
        return false;
    }

    /// <summary>Within an entry: gives back what was taken since the mark, to the leases that it came from.</summary>
    internal void UndoTo(int mark, bool isJournalled)
    {
        for (var i = mark; i < _count; i++)
        {
            if (_held[i].Cell.IsMoney) _moneyCount--;
        }

        // Before the money can be held by another request.
        if (isJournalled) JournalUndone(mark);
        for (var i = mark; i < _count; i++)
        {
            var (cell, units) = (_held[i].Cell, _held[i].Units);
            cell.GiveBack(units);
            _core.Undone(cell, IsQuiet);
            _held[i] = default;
        }

        _count = mark;
    }

    internal int LastMark => _mark;

    private bool TryEnd()
    {
        if (!TryEnter()) return false;
        Volatile.Write(ref _state, Ended);
        return true;
    }

    private bool Holds(Account account)
    {
        for (var i = 0; i < _count; i++)
        {
            if (IsOf(i, account)) return true;
        }

        return false;
    }

    // By name: while a long request went on its account may have been forgotten, and another have taken its place.
    private bool IsOf(int index, Account account) =>
        _held[index].Cell.Account is var own && (own == account || (own.Link == account.Link && own.Id == account.Id));

    private long TotalOf(Account account)
    {
        var total = 0L;
        for (var i = 0; i < _count; i++)
        {
            if (IsOf(i, account)) total += _held[i].Units;
        }

        return total;
    }

    // Of several takes from one account the earliest is used first.
    private long UsedOf(int index, in Amounts used)
    {
        ref readonly var held = ref _held[index];
        var left = used.Of(held.Cell.Dimension);
        if (held.IsRaise)
        {
            for (var i = 0; i < index; i++)
            {
                if (IsOf(i, held.Cell.Account)) left -= _held[i].Units;
            }
        }

        return Math.Clamp(left, 0, held.Units);
    }

    private void CountOverrun(Account account, in Amounts used)
    {
        var over = used.Of(account.Spec.Dimension) - TotalOf(account);
        if (over > 0) _core.Overrun(account, over);
    }

    private void Merge()
    {
        var count = 0;
        for (var i = 0; i < _count; i++)
        {
            var same = 0;
            while (same < count && _held[same].Cell != _held[i].Cell) same++;
            if (same == count)
            {
                _held[count++] = _held[i];
                continue;
            }

            _held[same].Units += _held[i].Units;
            _held[same].Spent += _held[i].Spent;
        }

        Array.Clear(_held, count, _count - count);
        _count = count;
        _moneyCount = 0;
        for (var i = 0; i < count; i++) _moneyCount += _held[i].Cell.IsMoney ? 1 : 0;
    }

    private bool JournalHeld(int count)
    {
        if (_number == 0) _number = _core.NextHold();
        Span<Charge> charges = stackalloc Charge[_moneyCount];
        return _core.Journal.Held(_number, Name, charges[..ChargesUpTo(count, charges, default, isUse: false)]);
    }

    private void JournalUndone(int count)
    {
        if (_number == 0) return;
        // Less than is written down already: that it cannot be written leaves the entry too high, never too low.
        if (_moneyCount > 0)
        {
            JournalHeld(count);
            return;
        }

        _core.Journal.Ended(_number, []);
        _number = 0;
    }

    private void JournalEnd(in Amounts used)
    {
        if (_moneyCount == 0) return;
        Span<Charge> charges = stackalloc Charge[_moneyCount];
        _core.Journal.Ended(_number, charges[..ChargesUpTo(_count, charges, used, isUse: true)]);
    }

    private int ChargesUpTo(int count, Span<Charge> charges, in Amounts used, bool isUse)
    {
        var n = 0;
        for (var i = 0; i < count; i++)
        {
            var cell = _held[i].Cell;
            if (!cell.IsMoney) continue;
            var amount = isUse ? UsedOf(i, used) : _held[i].Units;
            var same = 0;
            while (same < n && charges[same].Lease != cell.Journalled) same++;
            charges[same] = new Charge(cell.Journalled, amount + (same < n ? charges[same].Amount : 0));
            if (same == n) n++;
        }

        return n;
    }

    private struct Held
    {
        public Cell Cell;
        public long Units;
        public long Spent;

        /// <summary>Whether the hold has units of the same account already.</summary>
        public bool IsRaise;
    }
}
