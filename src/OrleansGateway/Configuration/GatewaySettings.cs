namespace OrleansGateway.Configuration;

/// <summary>The whole of <c>gateway.yaml</c>: what the operator states, as stated, before it is compiled into a snapshot.</summary>
public sealed record GatewaySettings
{
    /// <summary>Addresses the gateway listens on.</summary>
    public ListenerSettings Listeners { get; init; } = new();

    /// <summary>
    /// Folder for what the gateway must keep: its database and the admin token. Relative paths start at the folder of this file. Default <c>.gateway</c>.
    /// Losing it loses every key made at run time. Read at start only.
    /// </summary>
    [Required]
    public string State { get; init; } = ".gateway";

    /// <summary>Bounds on what a client may send.</summary>
    public LimitSettings Limits { get; init; } = new();

    /// <summary>When requests are refused because there is more than can be served.</summary>
    public OverloadSettings Overload { get; init; } = new();

    /// <summary>
    /// Time from SIGTERM, when <c>/readyz</c> turns 503, until connections are no longer taken; answers ask clients to go elsewhere. 0 s to 5 minutes; default
    /// 0 s. Behind a load balancer, or in Kubernetes, set it above what those need to stop sending here (5 s to 15 s); too short refuses connections at every
    /// deployment.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainDelay { get; init; }

    /// <summary>
    /// Time that requests in flight get to finish after SIGTERM and <c>drain_delay</c>. 0 s to 1 hour; default 30 s. Too short cuts streams at every
    /// deployment.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether every response names the version of the configuration that served it, in <c>x-gateway-config-version</c>. Default true.
    /// </summary>
    public bool ConfigVersionHeader { get; init; } = true;

    /// <summary>What is logged about each request, and where.</summary>
    public AccessLogSettings AccessLog { get; init; } = new();

    /// <summary>What is sent to an OpenTelemetry collector.</summary>
    public TelemetrySettings Telemetry { get; init; } = new();

    /// <summary>Room for the answers that routes with <c>cache</c> or <c>model_cache</c> keep.</summary>
    public CacheStoreSettings Cache { get; init; } = new();

    /// <summary>How the records of usage are kept.</summary>
    public UsageSettings Usage { get; init; } = new();

    /// <summary>The organisations served, by id.</summary>
    public IReadOnlyDictionary<string, TenantSettings> Tenants { get; init; } = new Dictionary<string, TenantSettings>();

    /// <summary>Keys stated here rather than made by the admin API, by id. They cannot be rotated or revoked but by editing this file.</summary>
    public IReadOnlyDictionary<string, KeySettings> Keys { get; init; } = new Dictionary<string, KeySettings>();

    /// <summary>TLS client certificates that are accepted in place of keys, by id. Listeners ask for them by <c>client_certificates</c>.</summary>
    public IReadOnlyDictionary<string, CertificateSettings> Certificates { get; init; } = new Dictionary<string, CertificateSettings>();

    /// <summary>Issuers whose JWTs are accepted in place of keys, by id.</summary>
    public IReadOnlyDictionary<string, JwtSettings> Jwt { get; init; } = new Dictionary<string, JwtSettings>();

    /// <summary>Where model calls can be sent, by id.</summary>
    public IReadOnlyDictionary<string, ProviderSettings> Providers { get; init; } = new Dictionary<string, ProviderSettings>();

    /// <summary>The list of vendors' prices that is shipped with the gateway.</summary>
    public PriceBookSettings PriceBook { get; init; } = new();

    /// <summary>The models offered, by the name that clients ask for.</summary>
    public IReadOnlyDictionary<string, ModelSettings> Models { get; init; } = new Dictionary<string, ModelSettings>();

    /// <summary>Limits on how much may be done in a time, by id.</summary>
    public IReadOnlyDictionary<string, RateLimitSettings> RateLimits { get; init; } = new Dictionary<string, RateLimitSettings>();

    /// <summary>Money that may be spent on model calls, by id.</summary>
    public IReadOnlyDictionary<string, BudgetSettings> Budgets { get; init; } = new Dictionary<string, BudgetSettings>();

    /// <summary>The cluster that this node belongs to. Default: none; <c>gateway-cluster</c> needs one, and <c>gateway</c> does not read it.</summary>
    public ClusterSettings? Cluster { get; init; }

    /// <summary>How long events are kept.</summary>
    public EventSettings Events { get; init; } = new();

    /// <summary>Receivers of events, by id.</summary>
    public IReadOnlyDictionary<string, WebhookSettings> Webhooks { get; init; } = new Dictionary<string, WebhookSettings>();

    /// <summary>How what is cached is invalidated by events of backends.</summary>
    public InvalidationSettings Invalidation { get; init; } = new();

    /// <summary>Brokers that messages of backends come from and events go to. Default: none.</summary>
    public RabbitMqSettings? Rabbitmq { get; init; }

    /// <summary>How many gateways there should be, told to KEDA.</summary>
    public ScalingSettings Scaling { get; init; } = new();

    /// <summary>Servers of HTTP APIs that routes pass requests on to, by id.</summary>
    public IReadOnlyDictionary<string, UpstreamSettings> Upstreams { get; init; } = new Dictionary<string, UpstreamSettings>();

    /// <summary>What is served, by id. Of the routes that match a request, the most particular one serves it.</summary>
    public IReadOnlyDictionary<string, RouteSettings> Routes { get; init; } = new Dictionary<string, RouteSettings>();
}

/// <summary>What is logged about each request, and where.</summary>
public sealed record AccessLogSettings
{
    /// <summary>
    /// Where one JSON line per request goes: <c>stdout</c>, <c>off</c>, or the path of a file, relative to the folder of this file. Default <c>stdout</c>.
    /// </summary>
    [Required]
    public string Output { get; init; } = "stdout";

    /// <summary>Fields written, whatever their order here. Default: all.</summary>
    [MinLength(1)]
    public IReadOnlyList<AccessField> Fields { get; init; } = Enum.GetValues<AccessField>();
}

/// <summary>One organisation: the unit of isolation.</summary>
public sealed record TenantSettings
{
    /// <summary>Name for people to read. Default: the id.</summary>
    public string? Name { get; init; }

    /// <summary>Whether its keys are accepted. Default true; false refuses every request of the tenant with 403.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// What becomes of a model call whose client goes away, and what of it is billed: <c>cancel</c> stops the provider and bills the most it can have made by then, <c>seen</c> stops it
    /// and bills what came, as the gateway counts it, <c>drain</c> reads the answer to its end and bills what the provider reports. Default: what <c>usage.on_disconnect</c> says.
    /// </summary>
    public OnDisconnect? OnDisconnect { get; init; }

    /// <summary>Teams of the organisation, by id. A key may name only a team listed here.</summary>
    public IReadOnlyDictionary<string, TeamSettings> Teams { get; init; } = new Dictionary<string, TeamSettings>();

    /// <summary>What it is billed, where that is not what the provider bills. Default: none, it is billed the cost.</summary>
    public TenantPriceSettings? Prices { get; init; }
}

/// <summary>One team of an organisation.</summary>
public sealed record TeamSettings
{
    /// <summary>Name for people to read. Default: the id.</summary>
    public string? Name { get; init; }

    /// <summary>Users of the team, by id. A key may name only a user listed here.</summary>
    public IReadOnlyDictionary<string, UserSettings> Users { get; init; } = new Dictionary<string, UserSettings>();
}

/// <summary>One user of a team.</summary>
public sealed record UserSettings
{
    /// <summary>Name for people to read. Default: the id.</summary>
    public string? Name { get; init; }
}

/// <summary>One key stated in the configuration. Exactly one of <c>secret</c> and <c>hash</c> is given.</summary>
public sealed record KeySettings
{
    /// <summary>Id of the organisation the key belongs to.</summary>
    [Required]
    public string Tenant { get; init; } = "";

    /// <summary>Id of a team of that organisation. Default: none, the key belongs to the organisation as a whole.</summary>
    public string? Team { get; init; }

    /// <summary>Id of a user of that team. Default: none. Needs <c>team</c>.</summary>
    public string? User { get; init; }

    /// <summary>The key itself, at least 20 characters, as <c>${VARIABLE}</c> or <c>file:path</c>. Never logged.</summary>
    public Secret? Secret { get; init; }

    /// <summary>SHA-256 of the key in 64 hexadecimal digits, as <c>gateway keys generate</c> prints it. Keeps the key out of the file.</summary>
    [RegularExpression("^[0-9a-fA-F]{64}$")]
    public string? Hash { get; init; }

    /// <summary>Models the key may ask for, by name; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["*"];

    /// <summary>Ids of the routes the key may use; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all.</summary>
    public IReadOnlyList<string> Routes { get; init; } = ["*"];

    /// <summary>Networks in CIDR form that the key may be used from. Default: none listed, any address.</summary>
    public IReadOnlyList<IPNetwork> IpRanges { get; init; } = [];

    /// <summary>Instant from which the key is refused, in ISO 8601 with offset. Default: never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Labels of the operator's own, up to 16, which the access log carries. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
