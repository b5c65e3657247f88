namespace OrleansGateway.Configuration;

/// <summary>Who calls, and what it may use: one immutable object per key or token, made when that is loaded or verified, shared by all its requests.</summary>
internal sealed class Caller
{
    /// <summary>Id of the key; <c>jwt:</c> and the id of the issuer for a token.</summary>
    public required string KeyId { get; init; }
    public required string Tenant { get; init; }
    public string? Team { get; init; }
    public string? User { get; init; }

    /// <summary>Whether a JWT says who it is, rather than a key. Its team and user need not be in the configuration.</summary>
    public bool IsToken { get; init; }

    /// <summary>Names the key where it is counted. Tokens have none of their own: the user stands for them.</summary>
    public string CountedAs => IsToken ? field ??= $"{KeyId}:{User}" : KeyId;

    /// <summary>Roles that the token's issuer has given it; none with a key.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
    public required NamePatterns Models { get; init; }
    public required NamePatterns Routes { get; init; }

    /// <summary>Networks the key may be used from; none listed means any.</summary>
    public IReadOnlyList<IPNetwork> IpRanges { get; init; } = [];

    /// <summary>Instant from which the key is refused.</summary>
    public DateTimeOffset Expires { get; init; } = DateTimeOffset.MaxValue;

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The same caller with more labels, which replace those of the same name.</summary>
    public Caller With(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var all = new Dictionary<string, string>(Metadata, StringComparer.Ordinal);
        foreach (var (name, value) in labels) all[name] = value;
        return new Caller
        {
            KeyId = KeyId, Tenant = Tenant, Team = Team, User = User, IsToken = IsToken, Roles = Roles, Models = Models, Routes = Routes,
            IpRanges = IpRanges, Expires = Expires, Metadata = all,
        };
    }

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
