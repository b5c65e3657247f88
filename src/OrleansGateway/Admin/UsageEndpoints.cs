using OrleansGateway.Http;
using OrleansGateway.Tenants;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Admin;

/// <summary>Shows usage: reports, records, and records as they are written. Whoever is bound to a tenant sees that tenant's only.</summary>
internal sealed class UsageEndpoints(IUsageReports reports, IUsageLog log, UsageTail tail, TimeProvider time)
{
    public static readonly string[] ReportFilters = [.. Dimensions, "from", "to", "by", "step", "zone", "limit", "cursor", "format"];
    public static readonly string[] RecordFilters = [.. Dimensions, "from", "to", "request_id", "order", "limit", "cursor", "format"];
    public static readonly string[] TailFilters = [.. Dimensions];

    private const int RowsDefault = 1_000;
    private const int RowsMax = 10_000;

    private static readonly UsageDimension[] s_all = Enum.GetValues<UsageDimension>();

    // The log is seldom behind by more than some milliseconds; where it is, a report that is not quite fresh is better than none.
    private static readonly TimeSpan s_freshWithin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_recordsSpanDefault = TimeSpan.FromDays(1);

    private static IEnumerable<string> Dimensions => Enum.GetValues<UsageDimension>().Select(UsageWords.Name);

    /// <summary><c>GET /usage</c>: one page; as CSV or JSON lines, all rows.</summary>
    public async Task<IResult> ReportAsync(AdminCall call)
    {
        var text = Read(call, ReportFilters);
        var (from, to) = text.Range(UsageQueryText.SpanDefault);
        var format = UsageExport.FormatOf(call.Http.Request, text);
        var only = text.Only(s_all);
        var query = new UsageQuery
        {
            From = from, To = to, Step = text.Step(from, to), Zone = text.Zone(), By = text.By(s_all), Only = only,
            Limit = text.Number("limit", format == UsageFormat.Json ? RowsDefault : RowsMax, RowsMax), Offset = text.Offset(),
        };
        if (RefusalOf(call, text, only) is { } refused) return refused;
        return await AnswerAsync(call, async () =>
        {
            var report = await reports.ReportAsync(query, call.Aborted);
            if (format != UsageFormat.Json) return UsageExport.Rows(reports, query, report, all: text.Text("limit") is null, format, IsOfTenant(call), call.Aborted);
            return AdminAnswer.Json(UsageReportDocument.Of(query, report, IsOfTenant(call)), AdminJson.Default.UsageReportDocument);
        });
    }

    /// <summary><c>GET /usage/records</c>: one page, newest first unless told; as CSV or JSON lines all that match, oldest first unless told.</summary>
    public async Task<IResult> RecordsAsync(AdminCall call)
    {
        var text = Read(call, RecordFilters);
        var format = UsageExport.FormatOf(call.Http.Request, text);
        var order = text.Text("order") ?? (format == UsageFormat.Json ? "newest" : "oldest");
        if (order is not ("newest" or "oldest")) text.Fault("order", "Must be newest or oldest.");
        // A request that is named is found whenever it was.
        var (from, to) = text.Range(text.Text("request_id") is null ? s_recordsSpanDefault : UsageQueryText.SpanMax);
        var only = text.Only(s_all);
        var limit = text.Number("limit", format == UsageFormat.Json ? QueryText.LimitDefault : int.MaxValue, format == UsageFormat.Json ? QueryText.LimitMax : int.MaxValue);
        var query = new UsageRecordQuery { From = from, To = to, Only = only, RequestId = text.Text("request_id"), NewestFirst = order == "newest", After = text.Cursor() };
        if (RefusalOf(call, text, only) is { } refused) return refused;
        return await AnswerAsync(call, async () =>
        {
            var records = reports.ReadAsync(query, call.Aborted);
            return format == UsageFormat.Json ? await PageAsync(records, limit, IsOfTenant(call)) : await UsageExport.RecordsAsync(records, limit, format, IsOfTenant(call), call.Aborted);
        });
    }

    /// <summary><c>GET /usage/tail</c>: until the caller goes, or the gateway stops.</summary>
    public Task<IResult> TailAsync(AdminCall call)
    {
        var text = Read(call, TailFilters);
        var only = text.Only(s_all);
        if (RefusalOf(call, text, only) is { } refused) return Task.FromResult(refused);
        return Task.FromResult(tail.Watch(record => UsageFilters.Takes(only, record)) is { } watcher
            ? new UsageTailAnswer(watcher, IsOfTenant(call), time)
            : AdminAnswer.Problem(new Refusal(429, "too_many_tails", $"{UsageTail.WatchersMax} watch already.")));
    }

    /// <summary>Whether the caller is a tenant's, who is told what it is billed, and not what that costs the operator.</summary>
    private static bool IsOfTenant(AdminCall call) => call.Principal.Tenant is not null;

    private UsageQueryText Read(AdminCall call, string[] known)
    {
        var text = new UsageQueryText(call.Http.Request.Query, time.GetUtcNow());
        text.Known(known);
        return text;
    }

    /// <summary>Keeps the question to the caller's tenant; or says why it is not answered.</summary>
    private static IResult? RefusalOf(AdminCall call, UsageQueryText text, Dictionary<UsageDimension, IReadOnlyList<string>> only)
    {
        if (text.Faults.Count > 0) return AdminAnswer.Invalid([.. text.Faults.Select(f => new KeyFault(f.Path, f.Message))]);
        if (call.Principal.Tenant is not { } own) return null;
        if (only.TryGetValue(UsageDimension.Tenant, out var asked) && asked.Any(tenant => tenant != own))
            return AdminAnswer.Problem(Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant."));
        only[UsageDimension.Tenant] = [own];
        return null;
    }

    private async Task<IResult> AnswerAsync(AdminCall call, Func<Task<IResult>> answer)
    {
        try
        {
            await log.FreshAsync(s_freshWithin, time, call.Aborted);
            return await answer();
        }
        catch (UsageStoreException broken)
        {
            return AdminAnswer.Problem(new Refusal(503, "usage_store_unavailable", $"The store of usage cannot be read now: {broken.Message}"));
        }
    }

    private static async Task<IResult> PageAsync(IAsyncEnumerable<UsageRecord> records, int limit, bool toTenant)
    {
        var page = new List<UsageRecord>(limit + 1);
        await foreach (var record in records)
        {
            page.Add(record);
            if (page.Count > limit) break;
        }

        var next = page.Count > limit ? UsageCursorText.Of(page[limit - 1]) : null;
        return AdminAnswer.Json(new UsageRecordListDocument([.. page.Take(limit).Select(r => UsageRecordDocument.Of(r, toTenant))], next), AdminJson.Default.UsageRecordListDocument);
    }
}
