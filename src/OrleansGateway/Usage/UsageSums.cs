using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage;

/// <summary>Sums over records.</summary>
internal readonly record struct UsageSums
{
    /// <summary>Requests: their last attempts, and those that none was made for.</summary>
    public long Requests { get; init; }

    /// <summary>Attempts that were made.</summary>
    public long Attempts { get; init; }

    /// <summary>Requests that were refused or failed.</summary>
    public long Failed { get; init; }

    public TokenUsage Tokens { get; init; }

    /// <summary>What providers bill.</summary>
    public CostParts Cost { get; init; }

    /// <summary>What tenants are billed, in nano-dollars.</summary>
    public long Billed { get; init; }

    /// <summary>Sum of the times of attempts.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Sum of the times to the first byte, of those that had one.</summary>
    public TimeSpan ToFirstByte { get; init; }

    /// <summary>How many had one.</summary>
    public long FirstBytes { get; init; }
}
