namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>Four edges with a tenant for each limit that is tried.</summary>
public sealed class AccuracyFleet : IAsyncLifetime
{
    /// <summary>What limits that do not fill again let through.</summary>
    public const int Calls = 200;

    /// <summary>What comes back each second of the one that does.</summary>
    public const int PerSecond = 20;

    internal BilledUpstream Upstream { get; private set; } = null!;

    internal Fleet Fleet { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Upstream = await BilledUpstream.StartAsync();
        Fleet = await Fleet.StartAsync(Rules(Upstream.Url));
    }

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private static string Rules(Uri upstream)
    {
        string[] tenants = ["minute", "count", "window", "money", "second"];
        return $$"""
            access_log: { output: "off" }
            tenants: { {{string.Join(", ", tenants.Select(t => $"{t}: {{}}"))}} }
            keys: { {{string.Join(", ", tenants.Select(t => $"{t}: {{ tenant: {t}, secret: {TenantsOfRound.KeyOf(t)} }}"))}} }
            providers: { billed: { kind: openai, base_url: "{{upstream}}v1", api_key: provider-key } }
            models: { m: { targets: [ { provider: billed, price: { input: 0, output: 0, request: 0.01 } } ] } }
            routes: { models: { path: / } }
            rate_limits:
              minute: { per: [tenant], limit: 5, match: { tenants: [minute] } }
              count: { per: [tenant], limit: {{Calls}}, window: 7d, match: { tenants: [count] } }
              window: { per: [tenant], limit: {{Calls}}, window: 1h, algorithm: sliding_window, match: { tenants: [window] } }
              second: { per: [tenant], limit: {{PerSecond}}, window: 1s, match: { tenants: [second] } }
            budgets:
              money: { per: [tenant], limit: {{(Calls / 100m).ToString(CultureInfo.InvariantCulture)}}, period: lifetime, match: { tenants: [money] } }

            """;
    }
}
