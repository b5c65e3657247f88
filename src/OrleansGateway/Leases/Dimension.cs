namespace OrleansGateway.Leases;

/// <summary>What an account counts.</summary>
internal enum Dimension : byte
{
    /// <summary>Requests, by weight.</summary>
    Requests,

    /// <summary>Input tokens of every class.</summary>
    InputTokens,

    /// <summary>Output tokens, reasoning included.</summary>
    OutputTokens,

    /// <summary>Input and output tokens.</summary>
    Tokens,

    /// <summary>Money, in nano-dollars (10⁻⁹ USD).</summary>
    Cost,

    /// <summary>Requests in flight, by weight. They come back when the request ends.</summary>
    Concurrency,
}
