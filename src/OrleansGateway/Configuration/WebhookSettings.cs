namespace OrleansGateway.Configuration;

/// <summary>
/// A receiver of events, by HTTP POST, signed as Standard Webhooks has it. Events of a tenant come in their order, each at least once, from those on that happen after
/// the webhook is first stated.
/// </summary>
public sealed record WebhookSettings
{
    /// <summary>Address that events are sent to: <c>https</c>, or <c>http</c> on this machine or with <c>allow_private</c>. Redirects are not followed.</summary>
    [Required]
    public Uri? Url { get; init; }

    /// <summary>
    /// Secrets that events are signed with: <c>whsec_</c> and 24 to 64 bytes in base64, each as <c>${VARIABLE}</c> or <c>file:path</c>. Every event carries a signature
    /// by each, so that a receiver can change from one to the next.
    /// </summary>
    [MinLength(1), MaxLength(4)]
    public IReadOnlyList<Secret> Secrets { get; init; } = [];

    /// <summary>
    /// Types of the events sent, such as <c>key.created</c>; a trailing <c>*</c> matches any ending, as in <c>key.*</c>. Default <c>["*"]</c>: all.
    /// <c>usage.recorded</c> may be many: they are not written at all unless a webhook asks for them.
    /// </summary>
    [MinLength(1), MaxLength(32)]
    public IReadOnlyList<string> Events { get; init; } = ["*"];

    /// <summary>Id of the one organisation whose events are sent. Default: none, those of all and of the gateway itself.</summary>
    public string? Tenant { get; init; }

    /// <summary>
    /// Whether the address may be a private one (10.0.0.0/8, 192.168.0.0/16, link-local …). Default false: a name that leads there is refused, so that whoever chooses
    /// the address cannot make the gateway call inside the network. Not needed for <c>localhost</c>.
    /// </summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Time until the head of the answer. 100 ms to 1 minute; default 15 s. Only a status of 200 to 299 in that time counts as received.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Most attempts for one event; then it goes to the dead letters, and the next one is sent. 1 to 50; default 15, which takes about an hour and a quarter. Later events
    /// of the same tenant wait meanwhile: too many hold them up behind one that its receiver cannot take, too few lose the order when it is down.
    /// </summary>
    [Range(1, 50)]
    public int AttemptsMax { get; init; } = 15;

    /// <summary>Time before the second attempt, doubled for each one after, with a fifth more or less by chance. 10 ms to 1 hour; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between two attempts. 10 ms to 1 day; default 15 minutes. Not below <c>retry_min</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(15);
}
