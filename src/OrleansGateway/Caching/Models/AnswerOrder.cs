using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Models;

/// <summary>What is asked of a provider for the cache, and on which terms its answer is stored.</summary>
internal sealed record AnswerOrder
{
    public required ModelKey Key { get; init; }

    /// <summary>The target that the key is of.</summary>
    public required Target Target { get; init; }

    /// <summary>What it speaks.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>Whether a model speaks, rather than measures.</summary>
    public required bool IsChat { get; init; }

    /// <summary>Whether a stream of it would tell usage.</summary>
    public required bool TellsUsage { get; init; }

    /// <summary>Whether a stream is asked for.</summary>
    public required bool IsStream { get; init; }

    public required string Route { get; init; }

    public required ModelCacheSettings Settings { get; init; }

    public required TimeSpan Ttl { get; init; }

    /// <summary>Invalidations that concern it.</summary>
    public required TenantInvalidations Invalidations { get; init; }

    /// <summary>Host that the client called.</summary>
    public required string Host { get; init; }

    /// <summary>Host, path and query that the client called.</summary>
    public required string Url { get; init; }

    public required IReadOnlyList<Selector> Tags { get; init; }
}
