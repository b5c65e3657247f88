using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching;

/// <summary>What tells fills apart that may be shared: the key, what the origin is known to vary by, and the range asked for.</summary>
internal readonly record struct FillKey(CacheKey Key, string Variant);

/// <summary>What a fill is to fetch, and on which terms.</summary>
internal sealed class FillOrder(CacheKey key, Route route, OriginRequest request, TenantInvalidations invalidations) : IDisposable
{
    public CacheKey Key => key;

    public Route Route => route;

    public CacheSettings Settings => route.Settings.Cache!;

    /// <summary>As the origin is asked.</summary>
    public OriginRequest Request => request;

    /// <summary>Invalidations that count for what is fetched.</summary>
    public TenantInvalidations Invalidations => invalidations;

    /// <summary>The last invalidation that had been applied when it began: before the origin was asked.</summary>
    public FillTicket Ticket { get; } = invalidations.BeginFill();

    /// <summary>Under what it is found by others; none if it is for one request alone.</summary>
    public FillKey? Shared { get; init; }

    /// <summary>What is stored and may turn out to hold still; none if nothing is.</summary>
    public CachedAnswer? Stored { get; init; }

    /// <summary>Tags of the route.</summary>
    public required IReadOnlyList<string> RouteTags { get; init; }

    /// <summary>What the request says that caching goes by.</summary>
    public required RequestTerms Terms { get; init; }

    /// <summary>Whether <see cref="Stored"/> is the beginning of what is asked for, and only the rest is.</summary>
    public bool Completes { get; set; }

    /// <summary>Whether the origin is asked whether <see cref="Stored"/> holds still. A 304 to anything else is about what a client has.</summary>
    public bool Validates { get; set; }

    /// <summary>Whether what is stored may have been invalidated without our having heard of it: then it is not given because the origin fails.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>Whether no client waits for it.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Whether it has turned out to be too large to be stored.</summary>
    public bool IsOverflowing { get; set; }

    /// <summary>A field as the origin gets it.</summary>
    public StringValues Field(string name)
    {
        StringValues found = default;
        foreach (var (key, value) in request.Fields)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) found = StringValues.Concat(found, value);
        }

        return found;
    }

    public void Dispose() => Ticket.Dispose();
}
