using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Looks through what owners have, in memory and in the ledger, for what is nearly used up. It asks so many owners and looks at so many accounts at most: with a million keys those
/// that are idle are not in memory, and of the others it sees a part and says how many.
/// </summary>
internal sealed class NearLimitSearch(RuleTables rules, IBudgets budgets, IOwnerViews views, TenantDirectory tenants, TimeProvider time)
{
    private const int OwnersMax = 1_000;
    private const int AccountsMax = 200_000;
    private const int FoundMax = 1_000;
    private const string OfTenant = "tenant:";

    /// <param name="tenant">Whose; none for all, and what is nobody's.</param>
    /// <param name="most">Most that are answered: the fullest.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<NearLimitsFound> FindAsync(string? tenant, int most, CancellationToken cancellation)
    {
        var (table, found, accounts, asked) = (rules.Current, new List<InsightDocument>(), 0, 0);
        var hasRates = table.Rules.Any(r => r.RateLimit is not null);
        foreach (var owner in table.Owners(tenant is null ? tenants.Ids() : [tenant], alsoOfNone: tenant is null).Take(OwnersMax))
        {
            asked++;
            var whose = owner.StartsWith(OfTenant, StringComparison.Ordinal) ? owner[OfTenant.Length..] : null;
            if (await budgets.ReadAsync(owner, cancellation) is { } record)
            {
                found.AddRange(NearLimits.OfBudgets(record, whose, time.GetUtcNow()));
                found.AddRange(NearLimits.OfLongWindows(record, whose, table.SpecOf, time.GetUtcNow()));
            }

            if (hasRates) accounts += await LookAsync(owner, whose, AccountsMax - accounts, found, most, cancellation);
            if (found.Count > FoundMax) found = Fullest(found, most);
        }

        return new NearLimitsFound(Fullest(found, most), asked, accounts);
    }

    private async Task<int> LookAsync(string owner, string? tenant, int accountsMax, List<InsightDocument> found, int most, CancellationToken cancellation)
    {
        var looked = 0;
        try
        {
            for (int? from = 0; from is { } begin && looked < accountsMax;)
            {
                var slice = await views.NearAsync(owner, begin, NearLimits.NearPercent, most, cancellation);
                found.AddRange(slice.Accounts.Select(account => NearLimits.OfRate(account, tenant, time.GetUtcNow())));
                looked += slice.Looked;
                from = slice.Next;
            }
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Its node is leaving, or gone: what it has is not counted among what was looked at.
        }

        return looked;
    }

    private static List<InsightDocument> Fullest(List<InsightDocument> found, int most) => [.. found.OrderByDescending(i => i.Figures["used_percent"]).Take(most)];
}

/// <param name="Insights">The fullest first.</param>
/// <param name="Owners">How many owners were asked.</param>
/// <param name="Accounts">How many accounts of rate limits were looked at.</param>
internal sealed record NearLimitsFound(IReadOnlyList<InsightDocument> Insights, int Owners, int Accounts);
