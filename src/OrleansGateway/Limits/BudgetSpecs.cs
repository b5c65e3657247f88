using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Calendar;

namespace OrleansGateway.Limits;

/// <summary>What the accounts of a budget are like.</summary>
internal sealed class BudgetSpecs(BudgetSettings settings)
{
    // A thousand million USD: what is counted beyond a soft budget has no bound of its own, and sums of such must fit.
    private const long Boundless = 1_000_000_000 * Quantity.Nano;

    private readonly IPeriods? _periods = PeriodsOf(settings);

    /// <summary>What an account with this limit is like; none if it has no bound.</summary>
    public AccountSpec? Of(Quantity limit) => limit.IsUnlimited ? null : Make(limit.Nanos) with
    {
        Notices = [.. settings.Notices.Order().Distinct()],
        RollsOver = settings.RollsOver,
    };

    /// <summary>What may be spent beyond such a limit; none if it has no bound.</summary>
    public AccountSpec? BeyondOf(Quantity limit) => limit.IsUnlimited ? null : Make(BeyondLimit(limit)) with { Grace = settings.Grace?.Duration };

    private long BeyondLimit(Quantity limit) => settings switch
    {
        { OnExceeded: OnExceeded.Warn } => Boundless,
        { Grace.Amount: { IsUnlimited: false } amount } => amount.Nanos,
        { Grace.Percent: { } percent } => (long)((Int128)limit.Nanos * percent / 100),
        { OnExceeded: OnExceeded.Cut, Grace.Duration: null } => 0,
        _ => Boundless,
    };

    private AccountSpec Make(long limit) => new()
    {
        Kind = AccountKind.Budget,
        Dimension = Dimension.Cost,
        Limit = limit,
        Time = settings.Rolling ?? TimeSpan.Zero,
        Periods = _periods,
        Shadow = settings.Shadow,
        Orphans = settings.Orphans switch
        {
            OrphanedMoney.PostWorst => OrphanPolicy.PostWorst,
            OrphanedMoney.ReleaseAfter => OrphanPolicy.ReleaseAfter,
            _ => OrphanPolicy.Hold,
        },
        OrphansKept = settings.OrphansKept,
    };

    private static CalendarPeriods? PeriodsOf(BudgetSettings settings)
    {
        if (settings.Rolling is not null) return null;
        var (zone, starts) = (settings.TimeZone, settings.Starts);
        return settings.Period switch
        {
            BudgetPeriod.Day => CalendarPeriods.Days(zone, starts.Hour),
            BudgetPeriod.Week => CalendarPeriods.Weeks(zone, starts.Weekday, starts.Hour),
            BudgetPeriod.Month => CalendarPeriods.Months(zone, 1, 1, starts.Day, starts.Hour),
            BudgetPeriod.Quarter => CalendarPeriods.Months(zone, 3, starts.Month, starts.Day, starts.Hour),
            BudgetPeriod.Year => CalendarPeriods.Months(zone, 12, starts.Month, starts.Day, starts.Hour),
            _ => null,
        };
    }
}
