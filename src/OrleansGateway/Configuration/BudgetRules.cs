namespace OrleansGateway.Configuration;

/// <summary>Budgets: settings that belong together, and a price for whatever is paid from them.</summary>
internal static class BudgetRules
{
    private static readonly int[] Statuses = [429, 402, 403];

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("budgets", settings.Budgets.Keys, findings);
        foreach (var (id, budget) in settings.Budgets)
        {
            var path = SettingPath.Entry("budgets", id);
            if (findings.IsFaulty(path)) continue;
            var parts = RulePartRules.CheckPer(budget.Per, path, isBudget: true, findings);
            RulePartRules.CheckMatch(budget.Match, settings, path, findings);
            CheckMatch(budget, path, findings);
            CheckPeriod(budget, path, findings);
            CheckSoft(budget, settings, path, findings);
            CheckNotices(budget, SettingPath.Field(path, "notices"), findings);
            if (!Statuses.Contains(budget.Status)) findings.Report(path, "status", "The status is 429, 402 or 403.");
            if (budget.Orphans != OrphanedMoney.ReleaseAfter && IsGiven(path, "orphans_kept", findings))
                findings.Report(path, "orphans_kept", "Only with orphans: release_after is anything given back after a time; take it out.");
            for (var i = 0; i < budget.Overrides.Count; i++)
            {
                var item = SettingPath.Item(SettingPath.Field(path, "overrides"), i);
                if (!findings.IsFaulty(item) && budget.Overrides[i] is { } other) RulePartRules.CheckOverride(other.Match, parts, settings, item, findings);
            }

            if (budget.Unpriced == Unpriced.Refuse) PriceRules.CheckPriced(id, budget, settings, findings);
        }
    }

    private static void CheckMatch(BudgetSettings budget, string path, Findings findings)
    {
        var match = SettingPath.Field(path, "match");
        if (budget.Match.Providers.Count > 0) findings.Report(match, "providers", "A budget is held before it is known which provider answers; go by models.");
        if (budget.Match.Headers.Count > 0) findings.Report(match, "headers", "Whoever calls chooses headers freely, and would choose not to pay; go by tags.");
    }

    private static void CheckPeriod(BudgetSettings budget, string path, Findings findings)
    {
        if (budget.Rolling is not null)
        {
            Forbid("A rolling budget has no periods; take it out.", "period", "time_zone", "starts", "rolls_over");
            return;
        }

        if (budget.Period == BudgetPeriod.Lifetime) Forbid("A budget for a lifetime is never whole again; take it out.", "time_zone", "starts", "rolls_over");
        var starts = SettingPath.Field(path, "starts");
        if (budget.Period != BudgetPeriod.Week && IsGiven(starts, "weekday", findings))
            findings.Report(starts, "weekday", "Only weeks start on a weekday; take it out.");
        if (budget.Period is BudgetPeriod.Day or BudgetPeriod.Week && IsGiven(starts, "day", findings))
            findings.Report(starts, "day", "Days and weeks start on no day of the month; take it out.");
        if (budget.Period is not (BudgetPeriod.Quarter or BudgetPeriod.Year) && IsGiven(starts, "month", findings))
            findings.Report(starts, "month", "Only quarters and years start in a month; take it out.");

        void Forbid(string reason, params ReadOnlySpan<string> fields)
        {
            foreach (var field in fields)
            {
                if (IsGiven(path, field, findings)) findings.Report(path, field, reason);
            }
        }
    }

    private static void CheckSoft(BudgetSettings budget, GatewaySettings settings, string path, Findings findings)
    {
        if (budget.Mode == BudgetMode.Hard)
        {
            foreach (var field in new[] { "on_exceeded", "degrade_to", "grace" })
            {
                if (IsGiven(path, field, findings)) findings.Report(path, field, "A hard budget is never exceeded; write mode: soft, or take it out.");
            }

            return;
        }

        if (budget.OnExceeded == OnExceeded.Warn && budget.Grace is not null)
            findings.Report(path, "grace", "With on_exceeded: warn there is no bound beyond the limit; take it out.");
        if (budget.OnExceeded != OnExceeded.Degrade && budget.DegradeTo is not null)
            findings.Report(path, "degrade_to", "Only with on_exceeded: degrade is there another model; take it out.");
        if (budget.OnExceeded == OnExceeded.Degrade)
        {
            if (budget.DegradeTo is not { } model) findings.Report(path, "on_exceeded", "The model to go to is missing; add degrade_to.");
            else NameRules.Exists(settings.Models, "models", model, path, "degrade_to", "models", findings);
        }

        if (budget.OnExceeded == OnExceeded.Cut && budget.Grace is null)
            findings.Report(path, "on_exceeded", "Without a grace it is cut at the limit, as a hard one; add grace, or write mode: hard.");
        if (budget.Grace is { } grace) CheckGrace(grace, budget, path, findings);
    }

    private static void CheckGrace(GraceSettings grace, BudgetSettings budget, string path, Findings findings)
    {
        var owner = SettingPath.Field(path, "grace");
        if (grace is { Amount: not null, Percent: not null }) findings.Report(path, "grace", "Both amount and percent are given; give one of them.");
        if (grace is { Amount: null, Percent: null, Duration: null })
            findings.Report(path, "grace", "Neither amount nor percent nor duration is given; give a bound of what is spent beyond, or of the time.");
        if (grace is { Amount.IsUnlimited: true }) findings.Report(owner, "amount", "A grace has a bound; give a number of USD.");
        if (grace.Duration is not null && budget.Rolling is not null)
            findings.Report(owner, "duration", "A rolling budget has no period in which it is exceeded first; give amount or percent.");
    }

    private static void CheckNotices(BudgetSettings budget, string list, Findings findings)
    {
        for (var i = 0; i < budget.Notices.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (budget.Notices[i] is < 1 or > 100 && !findings.IsFaulty(item)) findings.ReportAt(item, list, "A notice is due at 1 to 100 percent.");
        }
    }

    private static bool IsGiven(string owner, string field, Findings findings) => findings.IsGiven(SettingPath.Field(owner, field));
}
