namespace OrleansGateway.Configuration;

/// <summary>
/// Which requests of the data listeners it takes, and what is done with them. Of <c>upstream</c>, <c>redirect</c> and <c>respond</c> at most one is given; with
/// none of them the route serves the model API.
/// </summary>
public sealed record RouteSettings
{
    /// <summary>
    /// Hosts served, without port: <c>shop.example.com</c>, or <c>*.example.com</c> for all names below it. Default: none listed, any host. A route that names
    /// the host comes before one with a <c>*</c>, and that before one that names none.
    /// </summary>
    [MaxLength(64)]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// Path served. One that ends in <c>/</c> serves all below it (<c>/shop/</c>), others only themselves (<c>/shop/cart</c>). <c>{name}</c> stands for one
    /// segment (<c>/users/{id}/orders</c>), <c>{name...}</c> at the end for all the rest, <c>{$}</c> at the end for the path with its slash and nothing below
    /// it. A route for the model API ends in <c>/</c>: <c>/</c> serves <c>/v1/chat/completions</c>. Default <c>/</c>. Of the routes that match, an exact path
    /// comes first, then the one with the longest fixed beginning.
    /// </summary>
    [Required]
    public string Path { get; init; } = "/";

    /// <summary>What else a request must have to be taken. Default: nothing. Of two routes with one path, the one that asks for more comes first.</summary>
    public RouteMatchSettings Match { get; init; } = new();

    /// <summary>Id of the upstream that the requests are passed on to. Default: none.</summary>
    public string? Upstream { get; init; }

    /// <summary>Answers with a redirect. Default: none.</summary>
    public RedirectSettings? Redirect { get; init; }

    /// <summary>Answers with a fixed response. Default: none.</summary>
    public RespondSettings? Respond { get; init; }

    /// <summary>Models offered on this route, by name; a trailing <c>*</c> matches any ending. Default <c>["*"]</c>: all. Only for the model API.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["*"];

    /// <summary>
    /// What callers may show who they are with: <c>key</c>, <c>jwt</c>, <c>certificate</c> (of the TLS connection), or <c>anonymous</c>, which lets pass who
    /// shows nothing. Default <c>["key", "jwt"]</c>: both, JWTs where an issuer is stated. The model API cannot be used anonymously.
    /// </summary>
    [MinLength(1)]
    public IReadOnlyList<CredentialKind> Auth { get; init; } = [CredentialKind.Key, CredentialKind.Jwt];

    /// <summary>A service that is asked about each request. Default: none.</summary>
    public ExternalAuthSettings? ExternalAuth { get; init; }

    /// <summary>
    /// Whether the caller's key or token is passed on to the upstream. Default false: it is the gateway's, and who has it can spend for the caller. Without any
    /// effect where nobody shows one (<c>auth: [anonymous]</c>): what such requests carry is the upstream's, and passed on.
    /// </summary>
    public bool PassCredentials { get; init; }

    /// <summary>Which path and host the upstream sees. Default: those of the request.</summary>
    public RewriteSettings Rewrite { get; init; } = new();

    /// <summary>Changes to the header of requests before they are passed on. Default: none.</summary>
    public HeaderChangeSettings RequestHeaders { get; init; } = new();

    /// <summary>Changes to the header of the route's answers before they reach the client; not of refusals, which are the gateway's. Default: none.</summary>
    public HeaderChangeSettings ResponseHeaders { get; init; } = new();

    /// <summary>
    /// Lets pages of other origins call this route from a browser (CORS, as the Fetch standard has it). Default: none, the upstream may answer for itself.
    /// </summary>
    public CorsSettings? Cors { get; init; }

    /// <summary>
    /// Compresses answers that come uncompressed. Default: none. Do not use it for answers that hold a secret beside what a stranger can have put in: their
    /// length then gives the secret away, piece by piece (BREACH).
    /// </summary>
    public CompressionSettings? Compression { get; init; }

    /// <summary>Stores the upstream's answers for later requests. Default: none, every request goes to the upstream.</summary>
    public CacheSettings? Cache { get; init; }

    /// <summary>Stores models' answers for later calls that ask for exactly the same. Only for the model API. Default: none, every call goes to its provider.</summary>
    public ModelCacheSettings? ModelCache { get; init; }

    /// <summary>
    /// Largest request body. 0 to 1024 GiB; default: none, <c>limits.request_body_max</c> counts, but not for calls of gRPC to an upstream that speaks HTTP/2.
    /// Bodies passed on to an upstream are not held in memory.
    /// </summary>
    [Range(typeof(ByteSize), "0", "1024GiB")]
    public ByteSize? RequestBodyMax { get; init; }

    /// <summary>
    /// Who goes first when there is more than can be served: <c>low</c> is refused before <c>normal</c>, <c>normal</c> before <c>high</c>. Default
    /// <c>normal</c>.
    /// </summary>
    public RoutePriority Priority { get; init; } = RoutePriority.Normal;

    /// <summary>Whether each request to an upstream makes a usage record, for reports by tenant and route. Default false. Model calls always do.</summary>
    public bool Usage { get; init; }

    /// <summary>How much a request counts, against other routes, where requests and concurrency are limited. 1 to 1,000; default 1.</summary>
    [Range(1, 1_000)]
    public int RequestWeight { get; init; } = 1;

    /// <summary>
    /// How answers tell the limits: <c>ietf</c> (<c>RateLimit</c> and <c>RateLimit-Policy</c>), <c>openai</c> (<c>x-ratelimit-…</c>), <c>anthropic</c>
    /// (<c>anthropic-ratelimit-…</c>), <c>legacy</c> (<c>X-RateLimit-…</c>), or <c>dialect</c>, that of the API called. Default <c>["dialect"]</c>; <c>[]</c>
    /// tells nothing.
    /// </summary>
    [MaxLength(4)]
    public IReadOnlyList<RateLimitHeaders> RateLimitHeaders { get; init; } = [Configuration.RateLimitHeaders.Dialect];
}

/// <summary>A way in which answers tell the limits.</summary>
public enum RateLimitHeaders
{
    /// <summary>That of the API called: OpenAI's, Anthropic's, else IETF's.</summary>
    Dialect,

    /// <summary>draft-ietf-httpapi-ratelimit-headers.</summary>
    Ietf,

    /// <summary>OpenAI's.</summary>
    OpenAI,

    /// <summary>Anthropic's.</summary>
    Anthropic,

    /// <summary>The older convention of many APIs.</summary>
    Legacy,
}

/// <summary>What a request must have besides host and path. All that is stated must be so.</summary>
public sealed record RouteMatchSettings
{
    /// <summary>Methods taken: <c>GET</c> takes <c>HEAD</c> too. Default: none listed, any. If only the method does not match, the answer is 405.</summary>
    [MaxLength(16)]
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Headers that must be there, with their value, by name; <c>*</c> stands for any value. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Parameters that must be in the query, with their value, by name; <c>*</c> stands for any value. Default: none.</summary>
    [MaxLength(16)]
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();
}

/// <summary>Answers with a redirect.</summary>
public sealed record RedirectSettings
{
    /// <summary>
    /// Where to: an absolute URL or a path. <c>{name}</c> stands for what the route's path matched, <c>{scheme}</c>, <c>{host}</c> (without port),
    /// <c>{path}</c> and <c>{query}</c> (with its <c>?</c>) for the request's own: <c>https://{host}{path}{query}</c>. The host of an absolute URL is fixed, or
    /// <c>{host}</c>.
    /// </summary>
    [Required]
    public string To { get; init; } = "";

    /// <summary>Status: 301, 302, 303, 307 or 308. Default 308: for good, and with the same method (RFC 9110 §15.4.9).</summary>
    public int Status { get; init; } = 308;
}

/// <summary>Answers with a fixed response.</summary>
public sealed record RespondSettings
{
    /// <summary>Status. 200 to 599; default 200.</summary>
    [Range(200, 599)]
    public int Status { get; init; } = 200;

    /// <summary>Body, up to 64 KiB of UTF-8. Default: none.</summary>
    public string Body { get; init; } = "";

    /// <summary>Media type of the body. Default <c>text/plain; charset=utf-8</c>.</summary>
    [Required]
    public string ContentType { get; init; } = "text/plain; charset=utf-8";
}

/// <summary>Which path and host the upstream sees.</summary>
public sealed record RewriteSettings
{
    /// <summary>
    /// Path in place of the request's. <c>{name}</c> stands for what the route's path matched. For a route whose path ends in <c>/</c>, one that ends in
    /// <c>/</c> too replaces only that beginning: <c>path: /shop/</c> with <c>/v2/</c> makes <c>/v2/cart</c> of <c>/shop/cart</c>. Default: none, the path
    /// stays. The query stays always.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>
    /// The <c>Host</c> that the upstream sees: <c>target</c> names the target, <c>keep</c> what the client called; anything else is sent as it stands. Default
    /// <c>target</c>; the client's is in <c>Forwarded</c> and <c>X-Forwarded-Host</c> anyway.
    /// </summary>
    [Required]
    public string Host { get; init; } = "target";
}

/// <summary>Changes to a header: first <c>rename</c>, then <c>remove</c>, <c>set</c>, <c>add</c>.</summary>
public sealed record HeaderChangeSettings
{
    /// <summary>New names of fields, by the old name. Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyDictionary<string, string> Rename { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of fields taken out. Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyList<string> Remove { get; init; } = [];

    /// <summary>Fields that have this value, whatever was there. Values may be secrets (<c>file:path</c>). Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyDictionary<string, Secret> Set { get; init; } = new Dictionary<string, Secret>();

    /// <summary>Fields that have this value besides what was there. Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyDictionary<string, Secret> Add { get; init; } = new Dictionary<string, Secret>();
}

/// <summary>Which pages of other origins may call a route from a browser.</summary>
public sealed record CorsSettings
{
    /// <summary>
    /// Origins: <c>https://app.example.com</c>, <c>https://*.example.com</c>, or <c>*</c> for any, which cannot stand with <c>credentials</c>.
    /// </summary>
    [MinLength(1), MaxLength(64)]
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Methods allowed. Default: GET, HEAD, POST, PUT, PATCH, DELETE.</summary>
    [MinLength(1), MaxLength(16)]
    public IReadOnlyList<string> Methods { get; init; } = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Header fields that may be sent; <c>*</c> allows whatever is asked for. Default <c>["*"]</c>.</summary>
    [MaxLength(64)]
    public IReadOnlyList<string> Headers { get; init; } = ["*"];

    /// <summary>Header fields of answers that the page may read, besides those it always may. Default: none.</summary>
    [MaxLength(64)]
    public IReadOnlyList<string> ExposeHeaders { get; init; } = [];

    /// <summary>Whether cookies and credentials may be sent. Default false.</summary>
    public bool Credentials { get; init; }

    /// <summary>How long browsers may remember the answer to a preflight. 0 s to 1 day; default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>
/// Compresses answers that came uncompressed, for clients that accept it. Event streams and answers with <c>no-transform</c> are left as they are.
/// </summary>
public sealed record CompressionSettings
{
    /// <summary>Codings offered: <c>br</c>, <c>gzip</c>. Of those a client likes equally the first is taken. Default <c>["br", "gzip"]</c>.</summary>
    [MinLength(1), MaxLength(2)]
    public IReadOnlyList<ContentCoding> Encodings { get; init; } = [ContentCoding.Br, ContentCoding.Gzip];

    /// <summary>Media types compressed; <c>*</c> stands for any characters. Default: text, JSON, JavaScript, XML, SVG, WebAssembly.</summary>
    [MinLength(1), MaxLength(64)]
    public IReadOnlyList<string> Types { get; init; } =
        ["text/*", "application/json", "application/*+json", "application/javascript", "application/xml", "application/*+xml", "image/svg+xml",
            "application/wasm"];

    /// <summary>Least length, where it is known. 0 to 1 MiB; default 1 KiB. Below it compression makes answers longer.</summary>
    [Range(typeof(ByteSize), "0", "1MiB")]
    public ByteSize BytesMin { get; init; } = new(1 << 10);
}

/// <summary>A coding of content, RFC 9110 §8.4.1.</summary>
public enum ContentCoding
{
    /// <summary>Brotli, RFC 7932.</summary>
    Br,

    /// <summary>gzip, RFC 1952.</summary>
    Gzip,
}

/// <summary>Who goes first when there is more than can be served.</summary>
public enum RoutePriority
{
    /// <summary>Refused first.</summary>
    Low,

    /// <summary>Refused when refusing the low was not enough.</summary>
    Normal,

    /// <summary>Refused last.</summary>
    High,
}
