namespace OrleansGateway.Configuration;

/// <summary>Who calls, and what it may use: one immutable object per key, made when the key is loaded, shared by all its requests.</summary>
internal sealed class Caller
{
    public required string KeyId { get; init; }
    public required string Tenant { get; init; }
    public string? Team { get; init; }
    public string? User { get; init; }
    public required NamePatterns Models { get; init; }
    public required NamePatterns Routes { get; init; }

    /// <summary>Networks the key may be used from; none listed means any.</summary>
    public IReadOnlyList<IPNetwork> IpRanges { get; init; } = [];

    /// <summary>Instant from which the key is refused.</summary>
    public DateTimeOffset Expires { get; init; } = DateTimeOffset.MaxValue;

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Whether the key may be used from that address. An IPv4 address inside IPv6 counts as the IPv4 one.</summary>
    public bool AllowsAddress(IPAddress? address)
    {
        if (IpRanges.Count == 0) return true;
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var range in IpRanges)
        {
            if (range.Contains(address)) return true;
        }

        return false;
    }
}
