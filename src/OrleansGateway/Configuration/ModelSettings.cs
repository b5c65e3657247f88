namespace OrleansGateway.Configuration;

/// <summary>One model as clients know it, and where it is served.</summary>
public sealed record ModelSettings
{
    /// <summary>
    /// Where requests go: one is drawn by weight; if it fails before anything reached the client, the others follow in drawn order.
    /// </summary>
    [MinLength(1), MaxLength(16)]
    public IReadOnlyList<TargetSettings> Targets { get; init; } = [];

    /// <summary>Where requests go, in this order, when every target has failed. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyList<FallbackSettings> Fallbacks { get; init; } = [];

    /// <summary>Timeouts of this model in place of its providers', all four of them: what is left out here has its default. Default: none, the providers' count.</summary>
    public TimeoutSettings? Timeouts { get; init; }

    /// <summary>
    /// Output tokens asked of a provider that must be told (Anthropic) when the client named none. 1 to 1,000,000; default 4,096. Too small cuts answers short.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxOutputTokens { get; init; } = 4096;

    /// <summary>
    /// Most input tokens that a call can have, whatever it holds: the model's context. 1 to 100,000,000; default 1,000,000. Budgets and token limits hold no more than
    /// this; too large holds much for calls whose size cannot be told beforehand (files by id, documents by address, tools of the provider's own).
    /// </summary>
    [Range(1, 100_000_000)]
    public long InputTokensMax { get; init; } = 1_000_000;

    /// <summary>
    /// Most input tokens of one image. 1 to 1,000,000; default 50,000, which no known model exceeds. Anthropic's models take up to 4,800, OpenAI's 1,500, its small ones
    /// 49,000. Too small lets a budget be overrun.
    /// </summary>
    [Range(1, 1_000_000)]
    public long ImageTokensMax { get; init; } = 50_000;

    /// <summary>
    /// Most searches of the web that the provider makes for one call, where it makes any. 0 to 1,000; default 10. Budgets hold their fee for calls with tools of the
    /// provider's own; too small lets a budget be overrun.
    /// </summary>
    [Range(0, 1_000)]
    public int WebSearchesMax { get; init; } = 10;

    /// <summary>How much a call of this model counts, against other models and routes, where requests and concurrency are limited. 1 to 1,000; default 1. Times that of the route.</summary>
    [Range(1, 1_000)]
    public int RequestWeight { get; init; } = 1;
}

/// <summary>One place that serves a model, with its share of the requests.</summary>
public sealed record TargetSettings
{
    /// <summary>Id of the provider.</summary>
    [Required]
    public string Provider { get; init; } = "";

    /// <summary>The model's name there. Default: the name the client asked for.</summary>
    public string? Model { get; init; }

    /// <summary>Share of the requests, against the other targets' weights. 0 to 1,000,000; default 1. 0 is tried only after the others.</summary>
    [Range(0, 1_000_000)]
    public int Weight { get; init; } = 1;

    /// <summary>What it costs there. Default: none, the provider's <c>prices</c> say it, or the price book.</summary>
    public PriceSettings? Price { get; init; }
}

/// <summary>One place that serves a model when all targets have failed.</summary>
public sealed record FallbackSettings
{
    /// <summary>Id of the provider.</summary>
    [Required]
    public string Provider { get; init; } = "";

    /// <summary>The model's name there. Default: the name the client asked for.</summary>
    public string? Model { get; init; }

    /// <summary>What it costs there. Default: none, the provider's <c>prices</c> say it, or the price book.</summary>
    public PriceSettings? Price { get; init; }
}
