using System.Text;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>Who calls in a round: each round has tenants of its own, so that its books can be closed by themselves.</summary>
internal sealed record TenantsOfRound(int Number)
{
    /// <summary>Reads pages, in all rounds.</summary>
    public const string Reader = "reader";

    /// <summary>Nano-dollars that a tenant with a small budget has.</summary>
    public const long SmallLimit = 1_600_000;

    /// <summary>Calls that a tenant with few slots may have in flight.</summary>
    public const int SlotLimit = 6;

    /// <summary>How many tenants a round has that nobody has served before a silo is lost.</summary>
    public const int FreshCount = 16;

    private const int FreshEach = 8;

    private int _fresh;

    /// <summary>Has money enough.</summary>
    public string Rich => Name("rich");

    /// <summary>Uses its budget up.</summary>
    public string Small => Name("small");

    /// <summary>Wants more slots than it has.</summary>
    public string Slots => Name("slots");

    public IEnumerable<string> All => [Rich, Small, Slots, .. Enumerable.Range(0, FreshCount).Select(Fresh)];

    /// <summary>Tenants that no edge has served yet, and no owner looked after; fewer as they are used up.</summary>
    public IReadOnlyList<string> TakeFresh()
    {
        var first = _fresh;
        _fresh = Math.Min(FreshCount, first + FreshEach);
        return [.. Enumerable.Range(first, _fresh - first).Select(Fresh)];
    }

    public static string KeyOf(string tenant) => $"test-key-of-{tenant}-0123456789-0123456789";

    /// <summary>The configuration of all that takes part in so many rounds, and more. During an upgrade nothing is used that the version before does not know.</summary>
    public static string Rules(int rounds, Uri upstream, string more)
    {
        string[] tenants = [Reader, .. Enumerable.Range(0, rounds).SelectMany(r => new TenantsOfRound(r).All)];
        var (ids, keys) = (new StringBuilder(), new StringBuilder());
        foreach (var tenant in tenants)
        {
            ids.Append(CultureInfo.InvariantCulture, $"  {tenant}: {{ on_disconnect: drain }}\n");
            keys.Append(CultureInfo.InvariantCulture, $"  {tenant}: {{ tenant: {tenant}, secret: {KeyOf(tenant)} }}\n");
        }

        return $$"""
            access_log: { output: "off" }
            drain_delay: 3s
            tenants:
            {{ids}}
            keys:
            {{keys}}
            providers: { billed: { kind: openai, base_url: "{{upstream}}v1", api_key: provider-key } }
            models: { m: { targets: [ { provider: billed, price: { input: 1, output: 2 } } ] } }
            upstreams: { pages: { targets: [ { url: "{{upstream}}" } ] } }
            routes:
              models: { path: / }
              pages: { path: /pages/, upstream: pages, auth: [key], cache: { scope: tenant } }
            {{(TestCluster.Before is null ? "cache: { second_level: { timeout: 100ms } }" : "")}}
            rate_limits:
              slots: { per: [tenant], count: concurrency, limit: {{SlotLimit}}, match: { tenants: [ "slots-*" ] } }
            budgets:
              all:
                per: [tenant]
                limit: 100
                period: lifetime
                overrides: [ { match: { tenants: [ "small-*" ] }, limit: {{(SmallLimit / 1e9m).ToString(CultureInfo.InvariantCulture)}} } ]

            """ + more;
    }

    private string Name(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Number}");

    private string Fresh(int number) => string.Create(CultureInfo.InvariantCulture, $"fresh-{Number}-{number}");
}
