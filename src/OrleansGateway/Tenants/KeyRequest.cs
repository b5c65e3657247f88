namespace OrleansGateway.Tenants;

/// <summary>What is asked of a new key, as it was written: <see cref="KeyRequestCheck"/> judges it.</summary>
internal sealed record KeyRequest
{
    /// <summary>Id of the organisation the key belongs to. Needed.</summary>
    public string? Tenant { get; init; }

    /// <summary>Id of a team of that organisation. Default: none.</summary>
    public string? Team { get; init; }

    /// <summary>Id of a user of that team. Default: none. Needs a team.</summary>
    public string? User { get; init; }

    /// <summary>Name for people to read, up to 128 characters. Default: none.</summary>
    public string? Name { get; init; }

    /// <summary>Models the key may ask for; a trailing <c>*</c> matches any ending. Default: all.</summary>
    public IReadOnlyList<string?>? Models { get; init; }

    /// <summary>Ids of the routes the key may use; a trailing <c>*</c> matches any ending. Default: all.</summary>
    public IReadOnlyList<string?>? Routes { get; init; }

    /// <summary>Networks in CIDR form that the key may be used from, up to 64. Default: any.</summary>
    public IReadOnlyList<string?>? IpRanges { get; init; }

    /// <summary>Instant from which the key is refused, in ISO 8601 with offset. Default: never.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>Labels of the operator's own: up to 16, names up to 64 characters, values up to 256. Default: none.</summary>
    public IReadOnlyDictionary<string, string?>? Metadata { get; init; }
}

/// <summary>One thing wrong with what was asked.</summary>
/// <param name="Path">The field to blame, such as <c>models[0]</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
internal sealed record KeyFault(string Path, string Message);
