using OrleansGateway.Leases;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Something that usage tells. <c>Kind</c> never changes; <c>Subject</c> is what it is about; <c>Finding</c> says it in words; <c>Figures</c> are what it was reckoned from, with the
/// unit in each name. <c>Saving</c> is what would not have been spent, US dollars as an exact decimal in a text; none where nothing is to be saved.
/// </summary>
internal sealed record InsightDocument(
    string Kind, string? Tenant, string Subject, string Finding, string? Saving, long? SavingNanoUsd, IReadOnlyDictionary<string, long> Figures)
{
    public static InsightDocument Of(string kind, string? tenant, string subject, string finding, long? saving, params (string Name, long Value)[] figures) => new(
        kind, string.IsNullOrEmpty(tenant) ? null : tenant, subject, finding, saving is { } nano ? NanoUsd.Format(nano) : null, saving,
        figures.ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal));
}

/// <summary>
/// What insights were drawn from: <c>Reports</c> asked of all usage, <c>Records</c> read, the newest, <c>AllRecords</c> if that were all there are; <c>Keys</c> looked at; <c>BudgetOwners</c>
/// whose budgets and limits were looked at, and <c>Limits</c>, how many of those limits.
/// </summary>
internal sealed record LookedAtDocument(int Reports, int Records, bool AllRecords, int Keys, int BudgetOwners, int Limits);

/// <summary>Insights, by kind, and of each kind what weighs most first.</summary>
internal sealed record InsightListDocument(DateTimeOffset From, DateTimeOffset To, LookedAtDocument LookedAt, IReadOnlyList<InsightDocument> Insights);
