namespace OrleansGateway.Configuration;

/// <summary>What a provider speaks.</summary>
public enum ProviderKind
{
    /// <summary>OpenAI's API, or any that follows it (Groq, Mistral, DeepSeek, xAI, OpenRouter, vLLM, SGLang, Ollama …).</summary>
    OpenAI,

    /// <summary>Anthropic's Messages API.</summary>
    Anthropic,

    /// <summary>Built in: answers every request from a deterministic script, for demos and tests. Sends nothing anywhere.</summary>
    Fake,
}

/// <summary>One place that model calls can be sent to.</summary>
public sealed record ProviderSettings
{
    internal const string NoVendor = "none";

    /// <summary>What the provider speaks: <c>openai</c>, <c>anthropic</c> or <c>fake</c>.</summary>
    [Required]
    public ProviderKind? Kind { get; init; }

    /// <summary>
    /// Address that the API's paths are appended to, with its version. Default <c>https://api.openai.com/v1</c> for <c>openai</c> and
    /// <c>https://api.anthropic.com/v1</c> for <c>anthropic</c>; not allowed for <c>fake</c>.
    /// </summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The provider's key, as <c>${VARIABLE}</c> or <c>file:path</c>. Default: none is sent, as for a model server of your own.</summary>
    public Secret? ApiKey { get; init; }

    /// <summary>Headers added to every request to the provider. Default: none.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();

    /// <summary>How long to wait for the provider.</summary>
    public TimeoutSettings Timeouts { get; init; } = new();

    /// <summary>
    /// Whether streams of an <c>openai</c> provider are asked for their usage when the client did not ask: <c>always</c> asks
    /// (<c>stream_options.include_usage</c>) and takes the extra chunk out again, <c>as_sent</c> leaves the request alone. Default <c>always</c>.
    /// With <c>as_sent</c> the tokens of streams whose client did not ask go unseen.
    /// </summary>
    public StreamUsage StreamUsage { get; init; } = StreamUsage.Always;

    /// <summary>
    /// Whose prices of the price book its models have: <c>openai</c>, <c>anthropic</c>, <c>groq</c> …, as <c>gateway prices vendors</c> lists them; <c>none</c> for nobody's.
    /// Default: told by the host of <c>base_url</c>; none for a host that is no vendor's.
    /// </summary>
    public string? Vendor { get; init; }

    /// <summary>
    /// What its models cost, by their name there; a trailing <c>*</c> matches any ending, and the longest name that matches counts. Default: none, the price book says it.
    /// Prices stated at a model's targets come first.
    /// </summary>
    [MaxLength(1024)]
    public IReadOnlyDictionary<string, PriceSettings> Prices { get; init; } = new Dictionary<string, PriceSettings>();

    /// <summary>Bounds the requests in flight by how fast the provider answers. Default: none.</summary>
    public AdaptiveSettings? AdaptiveConcurrency { get; init; }

    /// <summary>What a <c>fake</c> provider answers. Only for that kind.</summary>
    public FakeSettings? Fake { get; init; }
}

/// <summary>Whether a stream's usage is asked for when the client did not ask.</summary>
public enum StreamUsage
{
    /// <summary>Ask, and take the extra chunk out of the client's stream.</summary>
    Always,

    /// <summary>Send what the client sent.</summary>
    AsSent,
}

/// <summary>How long to wait for a provider. Where a model states its own, they count instead, all four.</summary>
public sealed record TimeoutSettings
{
    /// <summary>Time to open a connection, TLS included. 10 ms to 5 minutes; default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time from sending to the first event of a stream, or to the head of a whole answer's response. 10 ms to 1 hour; default 2 minutes.
    /// Too short cuts off models that think before they speak.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest silence once the answer has begun. 10 ms to 1 hour; default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time for one attempt as a whole. 10 ms to 1 day; default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What a fake provider answers: the same request always gets the same answer.</summary>
public sealed record FakeSettings
{
    /// <summary>
    /// Text of every answer. Default: none, the answer repeats the last user message. A request with tools is answered by a call to the first
    /// of them (or the chosen one), one with a JSON schema by the smallest value that satisfies it.
    /// </summary>
    public string? Reply { get; init; }

    /// <summary>Wait before the answer begins. 0 s to 1 hour; default 0 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Delay { get; init; }

    /// <summary>Output tokens (words) per second. 0 to 1,000,000; default 0: as fast as they can be written.</summary>
    [Range(0, 1_000_000)]
    public int TokensPerSecond { get; init; }

    /// <summary>Input tokens reported. 0 to 1,000,000,000; default: none, the words of the request are counted.</summary>
    [Range(0, 1_000_000_000)]
    public long? InputTokens { get; init; }

    /// <summary>Output tokens reported. 0 to 1,000,000,000; default: none, the words of the answer are counted.</summary>
    [Range(0, 1_000_000_000)]
    public long? OutputTokens { get; init; }

    /// <summary>What goes wrong, and when. The first fault whose turn it is happens. Default: nothing.</summary>
    public IReadOnlyList<FakeFaultSettings> Faults { get; init; } = [];
}

/// <summary>One fault of a fake provider.</summary>
public sealed record FakeFaultSettings
{
    /// <summary>Which requests it strikes: every n-th, counted from the provider's start. 1 to 1,000,000; default 1: all.</summary>
    [Range(1, 1_000_000)]
    public int Every { get; init; } = 1;

    /// <summary>Status of an error answer. 400 to 599. Exactly one of <c>status</c>, <c>cut_after_tokens</c> and <c>stall_after_tokens</c> is given.</summary>
    [Range(400, 599)]
    public int? Status { get; init; }

    /// <summary>Seconds named in the <c>Retry-After</c> of an error answer. 0 to 86,400; default: no such header. Only with <c>status</c>.</summary>
    [Range(0, 86_400)]
    public int? RetryAfter { get; init; }

    /// <summary>Output tokens after which the connection breaks. 0 to 1,000,000.</summary>
    [Range(0, 1_000_000)]
    public int? CutAfterTokens { get; init; }

    /// <summary>Output tokens after which nothing more comes and the connection stays open. 0 to 1,000,000.</summary>
    [Range(0, 1_000_000)]
    public int? StallAfterTokens { get; init; }
}
