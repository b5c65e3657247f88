namespace OrleansGateway.Configuration;

/// <summary>
/// An HTTP service of the operator's own that is asked about every request of a route, once the caller is known: 2xx lets it pass, 401 and 403 refuse it.
/// </summary>
public sealed record ExternalAuthSettings
{
    /// <summary>Address that is asked, with <c>POST</c>. Redirects are not followed.</summary>
    [Required]
    public Uri? Url { get; init; }

    /// <summary>Time until the head of its answer. 10 ms to 1 minute; default 1 s. Every request of the route may wait this long.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Headers of the request that the service gets to see, by name. Default: none. It sees a credential only if its header is named here.</summary>
    [MaxLength(32)]
    public IReadOnlyList<string> HeadersToSend { get; init; } = [];

    /// <summary>Headers of its answer that the access log carries among the caller's labels, by name. Default: none.</summary>
    [MaxLength(8)]
    public IReadOnlyList<string> HeadersFromAnswer { get; init; } = [];

    /// <summary>
    /// What becomes of a request when the service does not answer in time, or with another status: <c>refuse</c> answers 503, <c>allow</c> lets it pass.
    /// Default <c>refuse</c>. <c>allow</c> means that who can break the service can get past it.
    /// </summary>
    public ExternalAuthFailure OnFailure { get; init; }
}

/// <summary>What becomes of a request that the external service said nothing about.</summary>
public enum ExternalAuthFailure
{
    /// <summary>It is answered with 503.</summary>
    Refuse,

    /// <summary>It passes.</summary>
    Allow,
}

/// <summary>What a caller can show who it is with.</summary>
public enum CredentialKind
{
    /// <summary>A key.</summary>
    Key,

    /// <summary>A JWT of one of the issuers.</summary>
    Jwt,

    /// <summary>The client certificate of the TLS connection.</summary>
    Certificate,

    /// <summary>Nothing: who shows none of the others passes as nobody.</summary>
    Anonymous,
}
