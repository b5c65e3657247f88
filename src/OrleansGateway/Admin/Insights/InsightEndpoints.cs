using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Tenants;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// What usage tells that an operator may act on. Reads rollups, and no more records, keys and budgets than it says: it costs the same however much was used.
/// </summary>
internal sealed class InsightEndpoints(
    IUsageReports reports, IUsageLog log, Func<Snapshot> current, NearLimitSearch limits, KeyDirectory keys, TimeProvider time)
{
    public static readonly string[] Filters = ["from", "to", "tenant", "records"];

    private const int RecordsDefault = 10_000;
    private const int RecordsMax = 50_000;
    private const int RowsMax = 10_000;
    private const int KeysMax = 20_000;
    private const int OfKindMax = 10;

    private static readonly TimeSpan s_spanDefault = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_logPatience = TimeSpan.FromSeconds(2);

    /// <summary><c>GET /usage/insights</c>.</summary>
    public async Task<IResult> ListAsync(AdminCall call)
    {
        var text = new UsageQueryText(call.Http.Request.Query, time.GetUtcNow());
        text.Known(Filters);
        var (from, to) = text.Range(s_spanDefault);
        var most = text.Number("records", RecordsDefault, RecordsMax);
        if (text.Faults.Count > 0) return AdminAnswer.Invalid([.. text.Faults.Select(f => new KeyFault(f.Path, f.Message))]);
        var (own, tenant) = (call.Principal.Tenant, text.Text("tenant"));
        if (own is not null && tenant is not null && own != tenant) return AdminAnswer.Problem(Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant."));
        try
        {
            var document = await FindAsync(from, to, own ?? tenant, isBound: own is not null, most, call.Aborted);
            return AdminAnswer.Json(document, AdminJson.Default.InsightListDocument);
        }
        catch (UsageStoreException broken)
        {
            return AdminAnswer.Problem(new Refusal(503, "usage_store_unavailable", $"The store of usage cannot be read now: {broken.Message}"));
        }
    }

    private async Task<InsightListDocument> FindAsync(DateTimeOffset from, DateTimeOffset to, string? tenant, bool isBound, int most, CancellationToken cancellation)
    {
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>>();
        if (tenant is not null) only[UsageDimension.Tenant] = [tenant];
        var lag = await log.FreshAsync(s_logPatience, time, cancellation);
        var (snapshot, found, now) = (current(), new List<InsightDocument>(), time.GetUtcNow());
        var (sample, isAll) = await SampleAsync(new UsageRecordQuery { From = from, To = to, Only = only, NewestFirst = true }, most, cancellation);
        // What tenants are billed is theirs to know, and not what it costs the operator, and where.
        if (!isBound)
        {
            Add(CheaperModels.Of(await RowsAsync(CheaperModels.By), snapshot));
            Add(CheaperProviders.Of(sample, snapshot));
        }
        else sample = [.. sample.Select(r => r with { Cost = new CostParts { Request = r.Billed } })];
        Add(RepeatedPrompts.Of(sample));
        Add(RepeatedPrompts.Saved(sample));
        Add(ProviderTroubles.Failing(await RowsAsync(ProviderTroubles.By), sample));
        Add(ProviderTroubles.Slow(sample));
        var near = await limits.FindAsync(tenant, OfKindMax, cancellation);
        found.AddRange(near.Insights);
        var known = await KeysAsync(tenant, cancellation);
        var used = known.Count == 0 ? [] : await RowsAsync([UsageDimension.Key], now - IdleKeys.Idle);
        // Where there are more than were asked for, none can be said to be idle.
        if (used.Count < RowsMax) Add(IdleKeys.Of(known, used.Select(r => r.Values[0]).ToHashSet(StringComparer.Ordinal), now));
        Add(PromptSizes.Oversized(sample));
        if (!isBound) Add(PromptSizes.Uncached(await RowsAsync(PromptSizes.By), snapshot));
        Add(GatewayBottlenecks.Of(sample));
        if (!isBound) Add(GatewayBottlenecks.OfLog(lag, s_logPatience));
        return new InsightListDocument(from, to, new LookedAtDocument((isBound ? 1 : 3) + (known.Count == 0 ? 0 : 1), sample.Count, isAll, known.Count, near.Owners, near.Accounts), found);

        void Add(IEnumerable<InsightDocument> insights) => found.AddRange(insights.OrderByDescending(i => i.SavingNanoUsd ?? i.Figures.Values.FirstOrDefault()).Take(OfKindMax));

        async Task<IReadOnlyList<UsageRow>> RowsAsync(IReadOnlyList<UsageDimension> by, DateTimeOffset? since = null) => (await reports.ReportAsync(
            new UsageQuery { From = since ?? from, To = since is null ? to : now, By = by, Only = only, Limit = RowsMax }, cancellation)).Rows;
    }

    private async Task<(List<UsageRecord> Sample, bool IsAll)> SampleAsync(UsageRecordQuery query, int most, CancellationToken cancellation)
    {
        var sample = new List<UsageRecord>();
        await foreach (var record in reports.ReadAsync(query, cancellation))
        {
            if (sample.Count == most) return (sample, false);
            sample.Add(record);
        }

        return (sample, true);
    }

    private async Task<List<Key>> KeysAsync(string? tenant, CancellationToken cancellation)
    {
        var found = new List<Key>();
        for (string? after = null; found.Count < KeysMax;)
        {
            if (await keys.ListAsync(new KeyFilter(1_000, tenant, After: after), cancellation) is not { } page) break;
            found.AddRange(page.Keys);
            if ((after = page.Next) is null) break;
        }

        return found;
    }
}
