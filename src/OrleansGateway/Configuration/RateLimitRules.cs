namespace OrleansGateway.Configuration;

/// <summary>Rate limits: settings that belong together, amounts in the unit of what is counted, and not more of them than one request can be held to.</summary>
internal static class RateLimitRules
{
    /// <summary>Most limits and budgets that apply to one request: as many as one hold takes.</summary>
    public const int AtOnceMax = 16;

    private static readonly TimeSpan WindowMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WindowMax = TimeSpan.FromDays(366);

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("rate_limits", settings.RateLimits.Keys, findings);
        foreach (var (id, limit) in settings.RateLimits)
        {
            var path = SettingPath.Entry("rate_limits", id);
            if (findings.IsFaulty(path)) continue;
            var parts = RulePartRules.CheckPer(limit.Per, path, isBudget: false, findings);
            RulePartRules.CheckMatch(limit.Match, settings, path, findings);
            CheckAmounts(limit, path, findings);
            if (limit.Count == RateLimitCount.Concurrency) CheckSlots(path, findings);
            else CheckWindow(limit, path, findings);
            CheckFloors(limit, path, findings);
            CheckBoosts(limit, SettingPath.Field(path, "boosts"), findings);
            CheckOverrides(limit, parts, settings, SettingPath.Field(path, "overrides"), findings);
        }

        CheckAtOnce(settings, findings);
    }

    private static void CheckAmounts(RateLimitSettings limit, string path, Findings findings)
    {
        CheckAmount(limit.Limit, limit.Count, path, "limit", findings);
        CheckAmount(limit.Burst, limit.Count, path, "burst", findings);
        if (limit.Burst is { IsUnlimited: true }) findings.Report(path, "burst", "A burst has a bound; give a number.");
        if (limit.Burst is { Nanos: 0 })
            findings.Report(path, "burst", "With a burst of 0 nothing would ever fit; give at least 1, or a limit of 0 to refuse all.");
    }

    private static void CheckAmount(Quantity? amount, RateLimitCount count, string owner, string field, Findings findings)
    {
        if (count != RateLimitCount.Cost && amount is { IsUnlimited: false, IsWhole: false } && !findings.IsFaulty(SettingPath.Field(owner, field)))
            findings.Report(owner, field, "This is counted in whole numbers; only cost has decimals.");
    }

    private static void CheckSlots(string path, Findings findings)
    {
        foreach (var field in new[] { "algorithm", "window", "time_zone", "align", "burst" })
        {
            if (findings.IsGiven(SettingPath.Field(path, field)))
                findings.Report(path, field, "Requests in flight are counted as they are, in no window; take it out.");
        }
    }

    private static void CheckWindow(RateLimitSettings limit, string path, Findings findings)
    {
        var isWindow = limit.Algorithm is RateLimitAlgorithm.FixedWindow or RateLimitAlgorithm.SlidingWindow;
        if (limit.Window.Unit is not null && limit.Algorithm != RateLimitAlgorithm.FixedWindow)
            findings.Report(path, "window", "Only a fixed_window goes by the calendar; give a duration such as 1m.");
        if (limit.Window.Unit is null && (limit.Window.Length < WindowMin || limit.Window.Length > WindowMax))
            findings.Report(path, "window", "The window is out of range; it must be 100ms to 366d.");
        if (isWindow && limit.Burst is not null) findings.Report(path, "burst", "A window has no burst but its limit; take it out.");
        if (limit.Align == WindowAlignment.FirstUse && limit.Algorithm != RateLimitAlgorithm.FixedWindow)
            findings.Report(path, "align", "Only a fixed_window has an alignment; take it out.");
        else if (limit.Align == WindowAlignment.FirstUse && limit.Window.Unit is not null)
            findings.Report(path, "align", "A window from first use has a duration such as 1d, not a unit of the calendar.");
        if (limit.TimeZone.Id != TimeZoneInfo.Utc.Id && limit.Window.Unit is not (CalendarUnit.Day or CalendarUnit.Week or CalendarUnit.Month))
            findings.Report(path, "time_zone", "Only windows of a day, a week or a month go by a time zone; take it out.");
        if (limit.OnLimit == OnLimit.Shape && isWindow)
            findings.Report(path, "on_limit", "Windows give no instant of its own to each request; use queue, or a bucket.");
    }

    private static void CheckFloors(RateLimitSettings limit, string path, Findings findings)
    {
        var sum = limit.Floors.Low + limit.Floors.Normal + limit.Floors.High;
        if (sum > 100) findings.Report(path, "floors", $"The floors are {sum} percent together; they must be at most 100.");
    }

    private static void CheckBoosts(RateLimitSettings limit, string list, Findings findings)
    {
        for (var i = 0; i < limit.Boosts.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (findings.IsFaulty(item) || limit.Boosts[i] is not { } boost) continue;
            CheckAmount(boost.Limit, limit.Count, item, "limit", findings);
            var (hasLimit, hasPercent) = (findings.IsGiven(SettingPath.Field(item, "limit")), findings.IsGiven(SettingPath.Field(item, "percent")));
            if (hasLimit == hasPercent)
                findings.ReportAt(item, list, $"{(hasLimit ? "Both limit and percent are" : "Neither limit nor percent is")} given; give exactly one.");
            if (boost.From is { } from && boost.Until is { } until && until <= from)
                findings.Report(item, "until", "The boost would end before it begins; until must be after from.");
        }
    }

    private static void CheckOverrides(RateLimitSettings limit, RulePart[] parts, GatewaySettings settings, string list, Findings findings)
    {
        for (var i = 0; i < limit.Overrides.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (findings.IsFaulty(item) || limit.Overrides[i] is not { } other) continue;
            RulePartRules.CheckOverride(other.Match, parts, settings, item, findings);
            CheckAmount(other.Limit, limit.Count, item, "limit", findings);
            CheckAmount(other.Burst, limit.Count, item, "burst", findings);
            if (other.Burst is { IsUnlimited: true } or { Nanos: 0 }) findings.Report(item, "burst", "A burst is a number from 1.");
        }
    }

    /// <summary>
    /// Counts what can apply at once: all that name no tenant, and the most that name one; the same by model and by route. The least of the three is a bound,
    /// and one that those who write rules of their own for each tenant, model or route stay below.
    /// </summary>
    private static void CheckAtOnce(GatewaySettings settings, Findings findings)
    {
        var all = settings.RateLimits.Values.Select(r => r.Match).Concat(settings.Budgets.Values.Select(b => b.Match)).ToArray();
        var most = new[] { Most(m => m.Tenants), Most(m => m.Models), Most(m => m.Routes) }.Min();
        if (most > AtOnceMax)
            findings.Report("", "rate_limits", $"Up to {most} rate limits and budgets could apply to one request; there may be at most {AtOnceMax}. " +
                "Give them a match of tenants, models or routes, or put some together.");

        int Most(Func<RuleMatchSettings, IReadOnlyList<string>> names)
        {
            var everywhere = all.Count(m => names(m).Count == 0 || names(m).Any(n => n is null || n.EndsWith('*')));
            var named = all.Where(m => names(m).All(n => n is not null && !n.EndsWith('*'))).SelectMany(m => names(m).Distinct()).CountBy(n => n)
                .Select(n => n.Value);
            return everywhere + named.DefaultIfEmpty(0).Max();
        }
    }
}
