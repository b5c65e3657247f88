namespace OrleansGateway.Configuration;

/// <summary>
/// Which requests a rate limit or a budget applies to. All that is stated must be so; of a list, one name. In names and values a trailing <c>*</c> matches any
/// ending.
/// </summary>
public sealed record RuleMatchSettings
{
    /// <summary>Ids of tenants. Default: none listed, any.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>Ids of teams, of any tenant. Default: none listed, any.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Teams { get; init; } = [];

    /// <summary>Ids of users, of any team. Default: none listed, any.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Ids of keys. Default: none listed, any.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Models, by the name that clients ask for. Default: none listed, any, and requests without a model.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Ids of routes. Default: none listed, any.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Ids of the providers that the request goes to. Default: none listed, any. Only for rate limits that count requests or concurrency.</summary>
    [MaxLength(256)]
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Methods. Default: none listed, any.</summary>
    [MaxLength(16)]
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Headers that must be there, with their value, by name; <c>*</c> stands for any value. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels that the caller must have, with their value, by name; <c>*</c> stands for any value. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
