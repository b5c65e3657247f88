using System.CommandLine;
using OrleansGateway.Admin;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Cli;

/// <summary><c>gateway usage</c>: who uses what and what it costs; exports; records as they are written; what to do about it.</summary>
internal static class UsageCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("usage", "Show, export and watch what was used and what it cost.")
        {
            Top(admin), Report(admin), UsageExportCommand.Create(admin), UsageTailCommand.Create(admin), Insights(admin),
            UsageRerateCommand.Create(admin),
        };
        admin.AddTo(command);
        return command;
    }

    /// <summary>An option for each dimension: <c>--target-model</c>.</summary>
    public static Dictionary<string, Option<string[]>> Filters() => Enum.GetValues<UsageDimension>().Select(UsageWords.Name).ToDictionary(
        name => name,
        name => new Option<string[]>("--" + name.Replace('_', '-')) { Description = $"Only of this {name.Replace('_', ' ')}; {UsageWords.None} for those without. May be given again." });

    /// <summary>The filters given, as parameters of a query.</summary>
    public static string Query(ParseResult result, Dictionary<string, Option<string[]>> filters) =>
        string.Concat(filters.SelectMany(f => (result.GetValue(f.Value) ?? []).Select(value => AdminCommand.Filter(f.Key, value))));

    public static Option<string> Since(string otherwise) => new("--since", "--from")
    {
        Description = "From this instant on, such as 2030-01-31T00:00:00Z, or this long ago, such as 24h or 7d.", DefaultValueFactory = _ => otherwise,
    };

    public static Option<string?> Until() => new("--until", "--to") { Description = "Before this instant, or this long ago. Default: now." };

    public static Option<string?> By(string? otherwise) => new("--by")
    {
        Description = $"What rows are for, with commas between: {string.Join(", ", UsageWords.Dimensions.Keys.Order(StringComparer.Ordinal))}.", DefaultValueFactory = _ => otherwise,
    };

    private static Command Top(AdminOptions admin)
    {
        var (by, since, filters) = (By("model"), Since("24h"), Filters());
        var limit = new Option<int>("--limit") { Description = "How many at most, 1 to 10000.", DefaultValueFactory = _ => 10 };
        return AdminCommand.Reading(
            "top", "What has cost most, the dearest first.", admin,
            result => $"/usage?limit={result.GetValue(limit)}{AdminCommand.Filter("by", result.GetValue(by))}{AdminCommand.Filter("from", result.GetValue(since))}{Query(result, filters)}",
            AdminJson.Default.UsageReportDocument, Print, [by, since, limit, .. filters.Values]);
    }

    private static Command Report(AdminOptions admin)
    {
        var (by, since, until, filters) = (By(null), Since("30d"), Until(), Filters());
        var step = new Option<string>("--step") { Description = "A row for each none, minute, hour, day, week or month.", DefaultValueFactory = _ => "day" };
        step.AcceptOnlyFromAmong("none", "minute", "hour", "day", "week", "month");
        var zone = new Option<string?>("--zone") { Description = "Time zone that days begin in, such as Europe/Berlin. Default: UTC." };
        return AdminCommand.Reading(
            "report", "What was used over time.", admin,
            result => $"/usage?limit=10000{AdminCommand.Filter("step", result.GetValue(step))}{AdminCommand.Filter("zone", result.GetValue(zone))}{AdminCommand.Filter("by", result.GetValue(by))}"
                + $"{AdminCommand.Filter("from", result.GetValue(since))}{AdminCommand.Filter("to", result.GetValue(until))}{Query(result, filters)}",
            AdminJson.Default.UsageReportDocument, Print, [by, step, since, until, zone, .. filters.Values]);
    }

    private static Command Insights(AdminOptions admin)
    {
        var since = Since("7d");
        var tenant = new Option<string?>("--tenant") { Description = "Only of this organisation." };
        var records = new Option<int>("--records") { Description = "How many records to read, the newest, 1 to 50000.", DefaultValueFactory = _ => 10_000 };
        return AdminCommand.Reading(
            "insights", "What usage tells that you may act on.", admin,
            result => $"/usage/insights?records={result.GetValue(records)}{AdminCommand.Filter("from", result.GetValue(since))}{AdminCommand.Filter("tenant", result.GetValue(tenant))}",
            AdminJson.Default.InsightListDocument, Print, since, tenant, records);
    }

    private static void Print(TextWriter output, UsageReportDocument report)
    {
        if (report.Rows.Count == 0)
        {
            output.WriteLine($"Nothing was used from {KeyPrinter.At(report.From)} to {KeyPrinter.At(report.To)}.");
            return;
        }

        string[] titles = [.. report.Step == "none" ? [] : (string[])["AT"], .. report.By.Select(b => b.ToUpperInvariant()), "REQUESTS", "FAILED", "INPUT", "CACHED", "OUTPUT", "BILLED USD", "COST USD", "SHARE"];
        TextTable.Write(output, titles, report.Rows.Append(report.Total).Select(row => Cells(report, row)));
        if (report.NextCursor is not null) output.WriteLine("There are more rows.");
        if (report.ExactFrom is { } exact) output.WriteLine($"Before {KeyPrinter.At(exact)} finer figures were purged: whole hours or days in UTC are counted there.");
    }

    private static string[] Cells(UsageReportDocument report, UsageRowDocument row)
    {
        var isTotal = ReferenceEquals(row, report.Total);
        var share = report.Total.BilledNanoUsd == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100m * row.BilledNanoUsd / report.Total.BilledNanoUsd:0.0} %");
        var time = report.Step == "none" ? [] : (string[])[isTotal ? "" : At(row.At!.Value, report.Zone)];
        var values = report.By.Select(b => isTotal ? "" : row.Values[b] is { Length: > 0 } value ? value : "-").ToArray();
        string[] names = [.. time, .. values];
        if (isTotal && names.Length > 0) names[0] = "total";
        var tokens = row.Tokens;
        return
        [
            .. names, Number(row.Requests), Number(row.Failed), Number(tokens.Input + tokens.CacheRead + tokens.CacheWrite + tokens.CacheWrite1h), Number(tokens.CacheRead), Number(tokens.Output), row.Billed,
            row.Cost ?? "-", share,
        ];
    }

    private static void Print(TextWriter output, InsightListDocument list)
    {
        if (list.Insights.Count == 0) output.WriteLine("Nothing stands out.");
        else TextTable.Write(output, ["KIND", "TENANT", "SUBJECT", "SAVING USD", "FINDING"], list.Insights.Select(i => new[] { i.Kind, i.Tenant ?? "-", i.Subject, i.Saving ?? "-", i.Finding }));
        var seen = list.LookedAt;
        output.WriteLine($"Looked at {seen.Records} records{(seen.AllRecords ? "" : ", the newest")}, {seen.Reports} reports, {seen.Keys} keys, and {seen.Limits} limits and the budgets of {seen.BudgetOwners} owners since {KeyPrinter.At(list.From)}.");
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string At(DateTimeOffset at, string zone) => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
        ? TimeZoneInfo.ConvertTime(at, found).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
        : KeyPrinter.At(at);
}
