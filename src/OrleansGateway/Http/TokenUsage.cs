namespace OrleansGateway.Http;

/// <summary>
/// Tokens of one model call, each token in exactly one of the input classes: OpenAI counts cached tokens into <c>prompt_tokens</c>,
/// Anthropic counts them apart from <c>input_tokens</c>; here they are apart. <c>Reasoning</c> is part of <c>Output</c>, as with both.
/// </summary>
internal readonly record struct TokenUsage
{
    /// <summary>Input tokens neither read from nor written to a prompt cache.</summary>
    public long Input { get; init; }

    /// <summary>Input tokens read from the prompt cache.</summary>
    public long CacheRead { get; init; }

    /// <summary>Input tokens written to the prompt cache for 5 minutes (or for the provider's only duration).</summary>
    public long CacheWrite { get; init; }

    /// <summary>Input tokens written to the prompt cache for 1 hour.</summary>
    public long CacheWrite1h { get; init; }

    /// <summary>Output tokens, reasoning included.</summary>
    public long Output { get; init; }

    /// <summary>Output tokens spent on reasoning.</summary>
    public long Reasoning { get; init; }

    /// <summary>Input tokens of audio, part of <see cref="Input"/>.</summary>
    public long AudioInput { get; init; }

    /// <summary>Output tokens of audio, part of <see cref="Output"/>.</summary>
    public long AudioOutput { get; init; }

    /// <summary>Input tokens of images and video, part of <see cref="Input"/>.</summary>
    public long ImageInput { get; init; }

    /// <summary>Output tokens of images and video, part of <see cref="Output"/>.</summary>
    public long ImageOutput { get; init; }

    /// <summary>Audio tokens read from the prompt cache, part of <see cref="CacheRead"/>.</summary>
    public long AudioCacheRead { get; init; }

    /// <summary>Image tokens read from the prompt cache, part of <see cref="CacheRead"/>.</summary>
    public long ImageCacheRead { get; init; }

    /// <summary>Searches of the web that the provider made and bills by their number.</summary>
    public long WebSearches { get; init; }

    /// <summary>All input tokens, from wherever they came.</summary>
    public long TotalInput => Input + CacheRead + CacheWrite + CacheWrite1h;
}
