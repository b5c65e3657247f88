namespace OrleansGateway.Configuration;

/// <summary>Prices of tokens, by class: USD per million. What a price states for all calls, its tiers state for some; a class that a tier leaves out costs there what it costs else.</summary>
public abstract record TokenPrices
{
    /// <summary>USD per million input tokens. Default: that of the price.</summary>
    public virtual Quantity? Input { get; init; }

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

    /// <summary>USD per million input tokens of audio read from the prompt cache. Default: that of <c>cached_input</c>; if that is not stated, of <c>audio_input</c>.</summary>
    public Quantity? CachedAudio { get; init; }

    /// <summary>USD per million output tokens of audio. Default: that of <c>output</c>.</summary>
    public Quantity? AudioOutput { get; init; }

    /// <summary>USD per million input tokens of images and video. Default: that of <c>input</c>.</summary>
    public Quantity? ImageInput { get; init; }

    /// <summary>USD per million input tokens of images and video read from the prompt cache. Default: that of <c>cached_input</c>; if that is not stated, of <c>image_input</c>.</summary>
    public Quantity? CachedImage { get; init; }

    /// <summary>USD per million output tokens of images and video. Default: that of <c>output</c>.</summary>
    public Quantity? ImageOutput { get; init; }
}
