using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases;

/// <summary>What the next write does.</summary>
internal enum LedgerFault
{
    None,

    /// <summary>It fails, and nothing was written.</summary>
    Fails,

    /// <summary>It is written, but the answer is lost.</summary>
    AnswerLost,

    /// <summary>Somebody else has taken over.</summary>
    Fenced,
}

/// <summary>A ledger in memory, with the promises of the real ones, and with faults. Refuses rows that do not add up.</summary>
internal sealed class MemoryLedger : ILedgerStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Book> _books = [];

    /// <summary>Writes that were asked for.</summary>
    public int Writes { get; private set; }

    public int Acquisitions { get; private set; }

    /// <summary>Faults of the writes to come.</summary>
    public Queue<LedgerFault> Faults { get; } = new();

    /// <summary>Whether it cannot be taken over or written.</summary>
    public bool IsDown { get; set; }

    /// <summary>What a write waits for.</summary>
    public Task? Gate { get; set; }

    public List<NoticeRow> Notices { get; } = [];

    public ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation)
    {
        lock (_lock) return ValueTask.FromResult(Acquire(owner));
    }

    public async ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation)
    {
        if (Gate is { } gate) await gate;
        lock (_lock) return Write(write);
    }

    public LedgerRecord Acquire(string owner)
    {
        if (IsDown) throw new LedgerException("down");
        Acquisitions++;
        if (!_books.TryGetValue(owner, out var book)) _books[owner] = book = new Book();
        book.Epoch++;
        book.Version++;
        return book.Read(owner);
    }

    public LedgerOutcome Write(LedgerWrite write)
    {
        Writes++;
        var fault = Faults.TryDequeue(out var next) ? next : LedgerFault.None;
        if (IsDown || fault == LedgerFault.Fails) throw new LedgerException("failed");
        var book = _books[write.Owner];
        if (fault == LedgerFault.Fenced) book.Version++;
        if (book.Version != write.Version) return LedgerOutcome.Fenced;
        book.Apply(write, Notices);
        if (fault == LedgerFault.AnswerLost) throw new LedgerException("nobody knows");
        return LedgerOutcome.Written;
    }

    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (IsDown) throw new LedgerException("down");
            return ValueTask.FromResult(_books.TryGetValue(owner, out var book) ? book.Read(owner) : null);
        }
    }

    public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<string>>(
                [.. _books.Where(b => b.Value.Leases.Any(l => l.State != LeaseState.Closed && !sessions.Contains(l.Session))).Select(b => b.Key)]);
        }
    }

    private sealed class Book
    {
        private readonly Dictionary<(AccountId, long), AccountRow> _accounts = [];
        private readonly Dictionary<(Guid, AccountId, long), LeaseRow> _leases = [];
        private readonly Dictionary<(Guid, string, AccountId, long), SuspenseRow> _suspense = [];
        private readonly Dictionary<(AccountId, string), CreditRow> _credits = [];
        private readonly Dictionary<string, AdjustmentRow> _adjustments = [];

        public long Epoch { get; set; }

        public long Version { get; set; }

        public IEnumerable<LeaseRow> Leases => _leases.Values;

        public LedgerRecord Read(string owner) => new()
        {
            Owner = owner,
            Epoch = Epoch,
            Version = Version,
            Accounts = [.. _accounts.Values],
            Leases = [.. _leases.Values.Where(l => l.State != LeaseState.Closed)],
            Suspense = [.. _suspense.Values.Where(s => s.Settled is null)],
            Credits = [.. _credits.Values],
        };

        public void Apply(LedgerWrite write, List<NoticeRow> notices)
        {
            Version++;
            if (write.Adjustment is { } adjustment && !_adjustments.TryAdd(adjustment.Id, adjustment)) return;
            foreach (var row in write.Accounts) _accounts[(row.Account, row.Period)] = row;
            foreach (var row in write.Leases) _leases[(row.Session, row.Account, row.Number)] = row;
            foreach (var row in write.Suspense) _suspense[(row.Session, row.Name, row.Account, row.Lease)] = row;
            foreach (var row in write.Credits) _credits[(row.Account, row.Id)] = row;
            foreach (var (account, period, amount) in write.Corrections)
            {
                if (_accounts.TryGetValue((account, period), out var row)) _accounts[(account, period)] = row with { Posted = row.Posted + amount, Available = row.Available - amount };
            }

            foreach (var row in write.Notices)
            {
                if (!notices.Exists(n => n.Account == row.Account && n.Period == row.Period && n.Percent == row.Percent)) notices.Add(row);
            }

            foreach (var row in _accounts.Values) Check(row);
        }

        private void Check(AccountRow row)
        {
            var sum = row.Available + row.Posted + _leases.Values.Where(l => l.Account == row.Account && l.Period == row.Period && l.State != LeaseState.Closed).Sum(l => l.Out);
            Assert.True(row.Limit == sum, $"{row} does not add up: {sum}");
        }
    }
}
