using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Limits;

namespace OrleansGateway.Admin.Insights;

/// <summary>Budgets and rate limits of which 80 % or more is used, or at gateways to be used, in the period or window that it is now.</summary>
internal static class NearLimits
{
    public const int NearPercent = 80;

    private const string RateSection = "rate_limits.";

    public static IEnumerable<InsightDocument> OfBudgets(LedgerRecord record, string? tenant, DateTimeOffset now)
    {
        foreach (var account in BudgetEndpoints.Current(record).Where(a => IsNear(a, now)))
        {
            var percent = Percent(account.Limit, account.Available);
            yield return InsightDocument.Of(
                "near_limit", tenant, $"{BudgetEndpoints.IdOf(account.Account)} {account.Account.Scope}".TrimEnd(),
                $"{percent} % of {NanoUsd.Format(account.Limit)} USD is spent or held" + (account.End is { } end ? $", until {end.UtcDateTime:yyyy-MM-dd HH:mm}Z." : "."), null,
                ("used_percent", percent), ("limit_nano_usd", account.Limit), ("posted_nano_usd", account.Posted), ("available_nano_usd", account.Available));
        }
    }

    /// <summary>Rate limits with windows so long that they are kept in the ledger.</summary>
    public static IEnumerable<InsightDocument> OfLongWindows(LedgerRecord record, string? tenant, Func<AccountId, AccountSpec?> specs, DateTimeOffset now)
    {
        foreach (var account in BudgetEndpoints.Current(record, RateSection).Where(a => IsNear(a, now)))
        {
            if (specs(account.Account) is { } spec) yield return OfRate(account.Account, spec, tenant, (account.Limit, account.Available), account.Limit - account.Available - account.Posted, now);
        }
    }

    /// <summary>A rate limit, or one of requests in flight, as its owner has it.</summary>
    public static InsightDocument OfRate(OwnerAccountView account, string? tenant, DateTimeOffset now) =>
        OfRate(account.Id, account.Spec, tenant, (account.Limit, account.Level), account.Out, now);

    private static InsightDocument OfRate(AccountId id, AccountSpec spec, string? tenant, (long Most, long Left) limit, long held, DateTimeOffset now)
    {
        var (unit, words) = UnitOf(spec.Dimension);
        var (percent, used) = (Percent(limit.Most, limit.Left), limit.Most - limit.Left);
        var window = LimitLevel.WindowOf(spec, now) is { } length ? LimitLevel.Seconds(length) : (long?)null;
        (string, long)[] figures = [("used_percent", percent), ($"limit_{unit}", limit.Most), ($"used_{unit}", used), ($"held_{unit}", Math.Clamp(held, 0, used))];
        if (window is { } seconds) figures = [.. figures, ("window_s", seconds)];
        return InsightDocument.Of(
            "near_limit", tenant, $"{id.Rule} {id.Scope}".TrimEnd(),
            string.Create(CultureInfo.InvariantCulture, $"{percent} % of {limit.Most} {words}{(window is null ? "" : $" in {window} s")} is used, or held by gateways to be used{(spec.Shadow ? "; the limit refuses nothing" : "")}."),
            null, figures);
    }

    // A period that is over says nothing of now.
    private static bool IsNear(AccountRow account, DateTimeOffset now) =>
        account.Limit > 0 && !(account.End <= now) && Percent(account.Limit, account.Available) >= NearPercent;

    private static long Percent(long limit, long available) => (long)(((Int128)limit - available) * 100 / limit);

    private static (string Unit, string Words) UnitOf(Dimension dimension) => dimension switch
    {
        Dimension.Requests => ("requests", "requests"),
        Dimension.InputTokens => ("input_tokens", "input tokens"),
        Dimension.OutputTokens => ("output_tokens", "output tokens"),
        Dimension.Tokens => ("tokens", "tokens"),
        Dimension.Cost => ("nano_usd", "nano-dollars"),
        _ => ("requests_in_flight", "requests in flight"),
    };
}
