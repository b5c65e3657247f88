namespace OrleansGateway.Configuration;

/// <summary>
/// Who calls with a TLS client certificate, on routes whose <c>auth</c> has <c>certificate</c>. It must come from the listener's <c>client_ca</c> in any case.
/// Exactly one of <c>fingerprint</c>, <c>common_name</c>, <c>dns</c> and <c>uri</c> says which certificates are meant; a fingerprint comes before a name.
/// </summary>
public sealed record CertificateSettings
{
    /// <summary>
    /// SHA-256 of the certificate in 64 hexadecimal digits: <c>openssl x509 -noout -fingerprint -sha256</c> without the colons. Default: none.
    /// </summary>
    [RegularExpression("^[0-9a-fA-F]{64}$")]
    public string? Fingerprint { get; init; }

    /// <summary>The common name (CN) of its subject, compared character by character. Default: none.</summary>
    public string? CommonName { get; init; }

    /// <summary>A DNS name among its alternative names, compared without regard to capitals. Default: none.</summary>
    public string? Dns { get; init; }

    /// <summary>A URI among its alternative names, such as <c>spiffe://example.org/orders</c>, compared character by character. Default: none.</summary>
    public string? Uri { get; init; }

    /// <summary>Id of the organisation that the calls belong to.</summary>
    [Required]
    public string Tenant { get; init; } = "";

    /// <summary>Id of a team of that organisation. Default: none, they belong to the organisation as a whole.</summary>
    public string? Team { get; init; }

    /// <summary>Id of a user of that team. Default: none. Needs <c>team</c>.</summary>
    public string? User { get; init; }

    /// <summary>Models that may be asked for, by name; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["*"];

    /// <summary>Ids of the routes that may be used; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all.</summary>
    public IReadOnlyList<string> Routes { get; init; } = ["*"];
}
