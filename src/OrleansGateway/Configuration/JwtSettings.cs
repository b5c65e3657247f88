namespace OrleansGateway.Configuration;

/// <summary>
/// One issuer whose JWTs are accepted in place of keys, as <c>Authorization: Bearer TOKEN</c>. Exactly one of <c>jwks_url</c>, <c>discovery</c> and
/// <c>jwks</c> says where its public keys are.
/// </summary>
public sealed record JwtSettings
{
    /// <summary>The <c>iss</c> of its tokens, compared character by character.</summary>
    [Required]
    public string Issuer { get; init; } = "";

    /// <summary>What a token must be made for: its <c>aud</c> must hold one of these. Without it, tokens made for other services would be accepted.</summary>
    [MinLength(1), MaxLength(16)]
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>Address of its JWK set: <c>https</c>, or <c>http</c> on this machine. Redirects are not followed. Default: none.</summary>
    public Uri? JwksUrl { get; init; }

    /// <summary>
    /// Whether the address of the JWK set is asked of the issuer itself, at <c>.well-known/openid-configuration</c> below <c>issuer</c> (OpenID Connect
    /// Discovery 1.0). Default false.
    /// </summary>
    public bool Discovery { get; init; }

    /// <summary>The JWK set itself, as <c>file:path</c> or written out. Read again when the file changes. Default: none.</summary>
    public Secret? Jwks { get; init; }

    /// <summary>
    /// Whether the keys may be fetched from private addresses (10.0.0.0/8, 192.168.0.0/16, link-local …). Default false: a name that leads there is
    /// refused, so that no document can make the gateway call inside the network. Not needed for <c>localhost</c>.
    /// </summary>
    public bool AllowPrivate { get; init; }

    /// <summary>
    /// Signatures accepted: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512. Default <c>["RS256", "ES256"]</c>. <c>none</c> and the
    /// symmetric HS algorithms cannot be allowed.
    /// </summary>
    [MinLength(1)]
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256", "ES256"];

    /// <summary>How far the issuer's clock may be off, for <c>exp</c> and <c>nbf</c>. 0 s to 5 minutes; default 30 s. Tokens live longer by it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time from one fetch of the keys to the next. 1 minute to 1 day; default 10 minutes. A key taken out is accepted for as long.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Refresh { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long the last good keys are used while fetching fails; after it the issuer's tokens are refused with 503. 1 minute to 7 days; default 1 day.
    /// Not below <c>refresh</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan StaleMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Id of the organisation that all its tokens belong to. Default: none, <c>claims.tenant</c> says it. Exactly one of the two is given. An issuer whose
    /// tokens name the organisation is trusted for all of them.
    /// </summary>
    public string? Tenant { get; init; }

    /// <summary>Which claims say who calls.</summary>
    public JwtClaimSettings Claims { get; init; } = new();

    /// <summary>
    /// Claims a token must have, with their value, or a list that holds it; else it is refused with 403. Names as in <c>claims</c>. Default: none.
    /// </summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> RequiredClaims { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// Which claims say who calls. A name is looked for as it stands first, then step by step at its dots: <c>realm_access.roles</c> is the member
/// <c>roles</c> of the claim <c>realm_access</c>.
/// </summary>
public sealed record JwtClaimSettings
{
    /// <summary>Claim with the id of the organisation. Default: none, <c>tenant</c> says it.</summary>
    public string? Tenant { get; init; }

    /// <summary>Claim with the team. Default: none. A team need not be listed under the tenant.</summary>
    public string? Team { get; init; }

    /// <summary>Claim with the user. Default <c>sub</c>. A user need not be listed under a team.</summary>
    public string User { get; init; } = "sub";

    /// <summary>Claim with the roles, a list or a text with spaces between. Default: none, the caller has no role.</summary>
    public string? Roles { get; init; }

    /// <summary>
    /// Claim with the models the caller may ask for, a list or a text with spaces between; a trailing <c>*</c> matches any ending. Default: none, all
    /// models. A token that lacks the claim named here may use no model.
    /// </summary>
    public string? Models { get; init; }

    /// <summary>
    /// Claims that become labels of the caller under their own names, for the access log and for limits and budgets (<c>tag:NAME</c>). Default: none. Of a
    /// claim that is a list, or is missing, there is no label.
    /// </summary>
    [MaxLength(16)]
    public IReadOnlyList<string> Labels { get; init; } = [];
}
