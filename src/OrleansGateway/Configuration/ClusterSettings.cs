namespace OrleansGateway.Configuration;

/// <summary>The cluster that <c>gateway-cluster</c> joins. <c>gateway</c>, which is one machine, passes over it. Read at start only, but for the files of <c>tls</c>.</summary>
public sealed record ClusterSettings
{
    /// <summary>
    /// Name of the cluster: nodes with the same name and Redis find each other. 1 to 63 letters, digits, dots, hyphens and underscores. Default <c>gateway</c>.
    /// </summary>
    [RegularExpression("^[A-Za-z0-9._-]{1,63}$")]
    public string Name { get; init; } = "gateway";

    /// <summary>
    /// Redis that the nodes find each other by, as StackExchange.Redis takes it: <c>host:port,password=…,ssl=true</c>. Write it as <c>${VARIABLE}</c> or <c>file:path</c>. While it is
    /// down, nodes that know each other go on, and none joins or is replaced. With <c>ssl=true</c> its certificate must be for the host, and come from <c>redis_ca</c>.
    /// </summary>
    [Required]
    public Secret? Redis { get; init; }

    /// <summary>
    /// Certificates of the authorities that the certificate of Redis must come from, as PEM, written <c>file:path</c>. Default: none, the system's. Has no effect without <c>ssl=true</c>.
    /// </summary>
    public Secret? RedisCa { get; init; }

    /// <summary>
    /// PostgreSQL database in which the cluster keeps what must not be lost, as Npgsql takes it: <c>Host=…;Database=…;Username=…;Password=…</c>. Write it as <c>${VARIABLE}</c> or
    /// <c>file:path</c>. While it is down, no more money is granted. <c>SSL Mode=VerifyFull;Root Certificate=path</c> encrypts, and says whose certificate it must have.
    /// </summary>
    [Required]
    public Secret? Postgres { get; init; }

    /// <summary>
    /// Address of this node that other silos call, as <c>IP:port</c>; it listens there. Default <c>127.0.0.1:11111</c>, which only silos of the same machine reach. Whoever reaches it can
    /// do what the cluster can, unless there is <c>tls</c>: keep it on a private network.
    /// </summary>
    public IPEndPoint Silo { get; init; } = new(IPAddress.Loopback, 11111);

    /// <summary>Port of the same address that edges without a silo call. 1 to 65,535; default 30,000.</summary>
    [Range(1, 65_535)]
    public int EdgePort { get; init; } = 30_000;

    /// <summary>
    /// Encrypts what goes between nodes, and lets in none without a certificate. Default: none, and whoever reaches the ports is one of the cluster. The same on all nodes: those with it
    /// and those without it do not hear each other.
    /// </summary>
    public ClusterTlsSettings? Tls { get; init; }

    /// <summary>Whether two of them differ in what is read at start only.</summary>
    // Not by the operator, which compares addresses by reference.
    internal static bool Changed(ClusterSettings? one, ClusterSettings? other) => !Parts(one).Equals(Parts(other));

    private static (string, string?, string?, string?, IPEndPoint, int, bool)? Parts(ClusterSettings? settings) =>
        settings is null ? null : (
            settings.Name, settings.Redis?.Reveal(), settings.RedisCa?.Reveal(), settings.Postgres?.Reveal(), settings.Silo, settings.EdgePort, settings.Tls is null);
}

/// <summary>
/// How nodes know each other. Whoever has a certificate of these authorities is a node, at whatever address: let them make certificates for nothing else. Files are read again when they
/// change; connections that there are go on with what they began with.
/// </summary>
public sealed record ClusterTlsSettings
{
    /// <summary>
    /// This node's certificate as PEM, first its own, then those of the authorities between it and the root. Written <c>file:path</c>. It is shown to those who are called and to those who
    /// call: if it says what it is for, both server and client must be in it.
    /// </summary>
    [Required]
    public Secret? Certificate { get; init; }

    /// <summary>Its private key as unencrypted PEM. Written <c>file:path</c>. Never logged.</summary>
    [Required]
    public Secret? Key { get; init; }

    /// <summary>
    /// Certificates of the authorities that every node's must come from, as PEM, written <c>file:path</c>. To change an authority, have both in it on all nodes first. Revocation lists are
    /// not asked for: a lost key needs another authority.
    /// </summary>
    [Required]
    public Secret? Ca { get; init; }
}
