namespace OrleansGateway.Configuration;

/// <summary>The cluster that <c>gateway-cluster</c> joins. <c>gateway</c>, which is one machine, passes over it. Read at start only.</summary>
public sealed record ClusterSettings
{
    /// <summary>
    /// Name of the cluster: nodes with the same name and Redis find each other. 1 to 63 letters, digits, dots, hyphens and underscores. Default <c>gateway</c>.
    /// </summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,63}$")]
    public string Name { get; init; } = "gateway";

    /// <summary>
    /// Redis that the nodes find each other by, as StackExchange.Redis takes it: <c>host:port,password=…,ssl=true</c>. Write it as <c>${VARIABLE}</c> or <c>file:path</c>. While it is
    /// down, nodes that know each other go on, and none joins or is replaced.
    /// </summary>
    [Required]
    public Secret? Redis { get; init; }

    /// <summary>
    /// PostgreSQL database in which the cluster keeps what must not be lost, as Npgsql takes it: <c>Host=…;Database=…;Username=…;Password=…</c>. Write it as <c>${VARIABLE}</c> or
    /// <c>file:path</c>. While it is down, no more money is granted.
    /// </summary>
    [Required]
    public Secret? Postgres { get; init; }

    /// <summary>
    /// Address of this node that other silos call, as <c>IP:port</c>; it listens there. Default <c>127.0.0.1:11111</c>, which only silos of the same machine reach. Whoever reaches it can
    /// do what the cluster can: keep it on a private network.
    /// </summary>
    public IPEndPoint Silo { get; init; } = new(IPAddress.Loopback, 11111);

    /// <summary>Port of the same address that edges without a silo call. 1 to 65,535; default 30,000.</summary>
    [Range(1, 65_535)]
    public int EdgePort { get; init; } = 30_000;

    /// <summary>Whether two of them say different things.</summary>
    internal static bool Changed(ClusterSettings? one, ClusterSettings? other) => !Equals(Parts(one), Parts(other));

    private static (string, string?, string?, IPEndPoint, int)? Parts(ClusterSettings? settings) =>
        settings is null ? null : (settings.Name, settings.Redis?.Reveal(), settings.Postgres?.Reveal(), settings.Silo, settings.EdgePort);
}
