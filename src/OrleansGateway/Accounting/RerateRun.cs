using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>One time that prices are mended, as it goes on.</summary>
internal sealed class RerateRun(string id, DateTimeOffset at)
{
    private readonly List<(UsageCharge Charge, DateTimeOffset At)> _charges = [];
    private long _corrected;
    private long _difference;
    private long _billed;

    public string Id => id;

    /// <summary>Records whose cost is what it should be.</summary>
    public long Right { get; set; }

    /// <summary>Records whose price nobody knows now.</summary>
    public long Unpriced { get; set; }

    /// <summary>What budgets are charged more or less, and when that was used.</summary>
    public IReadOnlyList<(UsageCharge Charge, DateTimeOffset At)> Charges => _charges;

    public void Add(UsageRecord correction)
    {
        _corrected++;
        _difference += correction.Cost.Total;
        _billed += correction.Billed;
        foreach (var charge in correction.Charges)
        {
            // Those of one account and period are moved together; where a window rolls it matters when. Long lists are never kept: so many minutes, so many sums.
            var minute = new DateTimeOffset(correction.At.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);
            var same = _charges.FindLastIndex(c => c.Charge.Account == charge.Account && c.Charge.Period == charge.Period && (charge.Period != 0 || c.At == minute));
            if (same < 0) _charges.Add((charge, minute));
            else _charges[same] = (charge with { Amount = _charges[same].Charge.Amount + charge.Amount }, _charges[same].At);
        }
    }

    public RerateResult Result(bool isDry) => new(id, at, isDry, _corrected, Right, Unpriced, _difference, _billed, [.. _charges.Select(c => c.Charge)
        .GroupBy(c => (c.Account, c.Period)).Select(g => new UsageCharge(g.Key.Account, g.Key.Period, g.Sum(c => c.Amount)))]);
}

/// <param name="Run">Names it.</param>
/// <param name="At">When it began.</param>
/// <param name="IsDry">Whether nothing was changed.</param>
/// <param name="Corrected">Records that cost something else now.</param>
/// <param name="Right">Records that cost what they did.</param>
/// <param name="Unpriced">Records that stay as they are, because nobody knows a price for them.</param>
/// <param name="Difference">Nano-dollars that providers bill more, or less.</param>
/// <param name="Billed">Nano-dollars that tenants are billed more, or less.</param>
/// <param name="Charges">The same for each budget and period.</param>
internal sealed record RerateResult(
    string Run, DateTimeOffset At, bool IsDry, long Corrected, long Right, long Unpriced, long Difference, long Billed, IReadOnlyList<UsageCharge> Charges);
