namespace OrleansGateway.Configuration;

/// <summary>How what is cached is invalidated by events of backends.</summary>
public sealed record InvalidationSettings
{
    /// <summary>Who publishes events, and what their messages invalidate, by id. Messages come by the admin API, or from a queue that names the source.</summary>
    public IReadOnlyDictionary<string, InvalidationSourceSettings> Sources { get; init; } = new Dictionary<string, InvalidationSourceSettings>();
}

/// <summary>A publisher of events: the form of its messages, whose content they may reach, and what they invalidate.</summary>
public sealed record InvalidationSourceSettings
{
    /// <summary>
    /// Form of the messages: <c>plain</c> (<c>{"tenant": …, "tags": […]}</c>), <c>cloudevents</c>, <c>debezium</c>, <c>debezium_outbox</c>, <c>masstransit</c>,
    /// <c>nservicebus</c>, <c>spring</c>, or what is sent to purge other caches: <c>fastly</c>, <c>cloudflare</c>, <c>akamai</c>, <c>google</c>. Default <c>plain</c>.
    /// </summary>
    public EventFormat Format { get; init; }

    /// <summary>
    /// Ids of the organisations whose content it may invalidate; a trailing <c>*</c> matches any ending, and <c>*</c> alone all of them and what they share. A message that
    /// names another is refused, and kept to be looked at.
    /// </summary>
    [MinLength(1), MaxLength(1000)]
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>
    /// Where a message names the organisation, such as <c>{data.tenant_id}</c> or <c>{@header:tenant}</c>. Default: the field <c>tenant</c> of a plain message. Of a source with one
    /// organisation a message need not name it; of one with <c>*</c>, a message without reaches all.
    /// </summary>
    public string? Tenant { get; init; }

    /// <summary>
    /// What becomes of what is selected, unless the message says: <c>hard</c> is gone; <c>soft</c> must be confirmed by the origin, and may be given meanwhile where the route allows
    /// stale answers. Default <c>hard</c>.
    /// </summary>
    public PurgeMode Mode { get; init; }

    /// <summary>
    /// Where a message has its id, such as <c>{event_id}</c>. A message that comes again under its id is not applied again. Default: where its form has it.
    /// </summary>
    public string? EventId { get; init; }

    /// <summary>
    /// What messages invalidate. All rules that match count. Default: none; the message, or what it carries, then says it as a plain message does. Needed for <c>debezium</c>.
    /// </summary>
    [MaxLength(1000)]
    public IReadOnlyList<InvalidationRuleSettings> Rules { get; init; } = [];
}

/// <summary>
/// What one kind of message invalidates. Texts in braces are replaced: <c>{product.id}</c>, <c>{items[*].id}</c> by what the message carries there, <c>{@type}</c>, <c>{@subject}</c>,
/// <c>{@source}</c>, <c>{@table}</c>, <c>{@schema}</c>, <c>{@key}</c> and <c>{@header:name}</c> by what stands around it. Of a change in a database both images count, before and after.
/// </summary>
public sealed record InvalidationRuleSettings
{
    /// <summary>
    /// Types of the messages it is for, or tables; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all.
    /// </summary>
    [MinLength(1), MaxLength(100)]
    public IReadOnlyList<string> Types { get; init; } = ["*"];

    /// <summary>Tags that are invalidated, such as <c>product-{id}</c>. Default: none.</summary>
    [MaxLength(100)]
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>URLs, as clients call them, such as <c>shop.example/products/{id}</c>. Default: none.</summary>
    [MaxLength(100)]
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Beginnings of URLs, such as <c>shop.example/products/</c>. They begin with the whole host. Default: none.</summary>
    [MaxLength(100)]
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>Hosts, as clients call them. Default: none.</summary>
    [MaxLength(100)]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Whether all of the organisation is invalidated. Default false.</summary>
    public bool All { get; init; }

    /// <summary>As at the source. Default: none, what the source or the message says.</summary>
    public PurgeMode? Mode { get; init; }
}

/// <summary>Forms of messages.</summary>
public enum EventFormat
{
    Plain,
    Cloudevents,
    Debezium,
    DebeziumOutbox,
    Masstransit,
    Nservicebus,
    Spring,
    Fastly,
    Cloudflare,
    Akamai,
    Google,
}

/// <summary>What becomes of what is invalidated.</summary>
public enum PurgeMode
{
    Hard,
    Soft,
}
