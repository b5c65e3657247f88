namespace OrleansGateway.Configuration;

/// <summary>RabbitMQ: where invalidations come from, and where events go to. Changes are taken over while running.</summary>
public sealed record RabbitMqSettings
{
    /// <summary>Virtual hosts of brokers, each with one user, by id.</summary>
    public IReadOnlyDictionary<string, RabbitMqBrokerSettings> Brokers { get; init; } = new Dictionary<string, RabbitMqBrokerSettings>();

    /// <summary>Queues that messages of backends are taken from, by id.</summary>
    public IReadOnlyDictionary<string, RabbitMqQueueSettings> Queues { get; init; } = new Dictionary<string, RabbitMqQueueSettings>();

    /// <summary>What of the gateway's events is published, and where, by id.</summary>
    public IReadOnlyDictionary<string, RabbitMqPublishSettings> Publish { get; init; } = new Dictionary<string, RabbitMqPublishSettings>();
}

/// <summary>A virtual host of a broker, and the user that the gateway is there.</summary>
public sealed record RabbitMqBrokerSettings
{
    /// <summary>
    /// Address, as <c>amqps://host:5671/vhost</c>, or <c>amqp</c> without TLS. Without a path it is the virtual host <c>/</c>. User and password have fields of their own.
    /// </summary>
    [Required]
    public string Uri { get; init; } = "";

    /// <summary>User. It may do there what the operator of the broker lets it.</summary>
    [Required]
    public string Username { get; init; } = "";

    /// <summary>Its password, as <c>${VARIABLE}</c> or <c>file:path</c>. Never logged.</summary>
    [Required]
    public Secret? Password { get; init; }

    /// <summary>
    /// Certificates of the authorities that the broker's must come from, PEM, as <c>file:path</c>. Default: none, the system's. Only with <c>amqps</c>.
    /// </summary>
    public Secret? Ca { get; init; }

    /// <summary>Our certificate and its chain, PEM, as <c>file:path</c>, for brokers that ask for one. Default: none. Only with <c>amqps</c>.</summary>
    public Secret? Certificate { get; init; }

    /// <summary>Its private key, PEM, as <c>file:path</c>. Default: none; given if <c>certificate</c> is.</summary>
    public Secret? Key { get; init; }

    /// <summary>
    /// Time between two signs of life. A broker that gives none for about twice as long is taken for gone. 1 s to 10 minutes; default 10 s. Too short breaks connections to a busy
    /// broker, too long hides a dead one.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for a connection to be made. 100 ms to 1 minute; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Longest time between two attempts, for a connection or to publish. The first is a quarter of a second, or this if it is shorter; it doubles. 10 ms to 10 minutes; default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// A queue that one gateway takes messages from, or all nodes of a cluster together. A message is acknowledged when what it invalidates is given no more, or when it has been refused and
/// kept. A second gateway on the same queue is turned away: each would see half of the messages only.
/// </summary>
public sealed record RabbitMqQueueSettings
{
    /// <summary>Id of the broker.</summary>
    [Required]
    public string Broker { get; init; } = "";

    /// <summary>
    /// Id of a source in <c>invalidation.sources</c>: form of the messages, and the organisations that they may reach. Whoever may write to the exchange speaks for the source.
    /// </summary>
    [Required]
    public string Source { get; init; } = "";

    /// <summary>Name of the queue. Default <c>gateway.invalidation.</c> and the id.</summary>
    [RegularExpression("^[A-Za-z0-9._:-]{1,200}$")]
    public string? Queue { get; init; }

    /// <summary>Name of the topic exchange that publishers write to. Default <c>gateway.invalidation.</c> and the id.</summary>
    [RegularExpression("^[A-Za-z0-9._:-]{1,200}$")]
    public string? Exchange { get; init; }

    /// <summary>Routing keys that are taken; <c>*</c> stands for one word and <c>#</c> for any. Default <c>["#"]</c>: all.</summary>
    [MinLength(1), MaxLength(100)]
    public IReadOnlyList<string> Keys { get; init; } = ["#"];

    /// <summary>
    /// Whether the gateway makes the exchange, the queue and that for dead letters, if they are not there. Default true. With false the operator of the broker has made them, and the
    /// user needs no right to configure.
    /// </summary>
    public bool Declare { get; init; } = true;

    /// <summary>
    /// Messages that are taken before the first of them is done with. 1 to 10,000; default 1,000. Each may hold 256 KiB of memory; too few make a far broker slow.
    /// </summary>
    [Range(1, 10_000)]
    public int Prefetch { get; init; } = 1_000;
}

/// <summary>
/// Events that are published: each at least once, those of an organisation in their order, from those on that happen after this is first stated. An event is done with when the broker
/// has confirmed it; until then it is kept and tried again, within <c>events.kept_max</c>.
/// </summary>
public sealed record RabbitMqPublishSettings
{
    /// <summary>Id of the broker.</summary>
    [Required]
    public string Broker { get; init; } = "";

    /// <summary>
    /// Name of the topic exchange. It is made if it is not there. The routing key of an event is its type and, after a dot, its organisation. Default <c>gateway.events</c>.
    /// </summary>
    [RegularExpression("^[A-Za-z0-9._:-]{1,200}$")]
    public string Exchange { get; init; } = "gateway.events";

    /// <summary>
    /// Types of the events published, such as <c>usage.recorded</c>; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all. As with webhooks, <c>usage.recorded</c> is not
    /// written at all unless somebody asks for it.
    /// </summary>
    [MinLength(1), MaxLength(32)]
    public IReadOnlyList<string> Events { get; init; } = ["*"];

    /// <summary>Id of the one organisation whose events are published. Default: none, those of all and of the gateway itself.</summary>
    public string? Tenant { get; init; }

    /// <summary>
    /// Whether an event that no queue takes waits until one does. Default true; with false it is lost, as the broker then has it. Every type in <c>events</c> needs a queue that
    /// takes it, or those behind it wait too.
    /// </summary>
    public bool RequireQueue { get; init; } = true;
}
