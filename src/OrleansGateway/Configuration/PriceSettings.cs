namespace OrleansGateway.Configuration;

/// <summary>
/// What a model costs at a provider: USD per million tokens, and per call. Decimals to 10⁻⁹ are exact. A class of tokens without a price costs what
/// <c>input</c> (or <c>output</c>) does.
/// </summary>
public sealed record PriceSettings
{
    /// <summary>USD per million input tokens.</summary>
    [Required]
    public Quantity? Input { get; init; }

    /// <summary>USD per million output tokens, reasoning included. Default: 0, as for embeddings.</summary>
    public Quantity? Output { get; init; }

    /// <summary>USD per million input tokens read from the prompt cache. Default: that of <c>input</c>.</summary>
    public Quantity? CachedInput { get; init; }

    /// <summary>USD per million input tokens written to the prompt cache for 5 minutes. Default: that of <c>input</c>.</summary>
    public Quantity? CacheWrite { get; init; }

    /// <summary>USD per million input tokens written to the prompt cache for 1 hour. Default: that of <c>cache_write</c>.</summary>
    public Quantity? CacheWrite1h { get; init; }

    /// <summary>USD per million output tokens spent on reasoning. Default: that of <c>output</c>.</summary>
    public Quantity? Reasoning { get; init; }

    /// <summary>USD per million input tokens of audio. Default: that of <c>input</c>.</summary>
    public Quantity? AudioInput { get; init; }

    /// <summary>USD per million output tokens of audio. Default: that of <c>output</c>.</summary>
    public Quantity? AudioOutput { get; init; }

    /// <summary>USD per call. Default: 0.</summary>
    public Quantity? Request { get; init; }
}
