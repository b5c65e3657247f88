using OrleansGateway.Tenants;

namespace OrleansGateway.Admin.Insights;

/// <summary>Keys made at run time, older than 30 days and still accepted, with which nothing was asked in the last 30: each is a secret that may leak and serves nobody.</summary>
internal static class IdleKeys
{
    public static readonly TimeSpan Idle = TimeSpan.FromDays(30);

    private const int NamedMax = 20;

    public static IEnumerable<InsightDocument> Of(IReadOnlyList<Key> keys, IReadOnlySet<string> used, DateTimeOffset now)
    {
        var idle = keys.Where(k => k.RevokedAt is null && !(k.ExpiresAt <= now) && k.CreatedAt <= now - Idle && !used.Contains(k.Id));
        foreach (var ofTenant in idle.GroupBy(k => k.Tenant))
        {
            var ids = ofTenant.Select(k => k.Id).ToArray();
            var more = ids.Length > NamedMax ? $" and {ids.Length - NamedMax} more" : "";
            yield return InsightDocument.Of(
                "idle_keys", ofTenant.Key, string.Join(' ', ids.Take(NamedMax)) + more, $"{ids.Length} keys were not used in {Idle.TotalDays} days. Revoke those that nobody needs.", null,
                ("idle_keys", ids.Length), ("keys", keys.Count(k => k.Tenant == ofTenant.Key)), ("idle_days", (long)Idle.TotalDays));
        }
    }
}
