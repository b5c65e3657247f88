using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Configuration;

/// <summary>
/// A valid configuration, compiled for the hot path: immutable, swapped whole. A request keeps the one it started with, so a reload never
/// touches a request in flight.
/// </summary>
internal sealed class Snapshot
{
    private readonly FrozenDictionary<string, Tariff> _tariffs;

    private Snapshot(GatewaySettings settings, string version, TimeProvider time)
    {
        Settings = settings;
        Version = version;
        Listeners = [.. settings.Listeners.Data.Select(l => new DataListener(l))];
        TrustedProxies = Networks.Of(settings.Listeners.TrustedProxies);
        AccessFields = new AccessFields(settings.AccessLog.Fields);
        Providers = settings.Providers.ToFrozenDictionary(p => p.Key, p => new Provider(p.Key, p.Value), StringComparer.Ordinal);
        Models = settings.Models.ToFrozenDictionary(m => m.Key, m => new Model(m.Key, m.Value, TargetOf), StringComparer.Ordinal);
        Upstreams = settings.Upstreams.ToFrozenDictionary(u => u.Key, u => new UpstreamPool(u.Key, u.Value), StringComparer.Ordinal);
        Routes = new RouteTable(settings.Routes.Select(r => new Route(r.Key, r.Value, r.Value.Upstream is { } upstream ? Upstreams[upstream] : null)));
        Issuers = settings.Jwt.ToFrozenDictionary(j => j.Value.Issuer, j => new JwtIssuer(j.Key, j.Value), StringComparer.Ordinal);
        Certificates = new KnownCertificates(settings.Certificates);
        Keys = settings.Keys.ToFrozenDictionary(k => HashOf(k.Value), k => CallerOf(k.Key, k.Value));
        _tariffs = settings.Tenants.Where(t => t.Value.Prices is not null).ToFrozenDictionary(t => t.Key, t => new Tariff(t.Value.Prices!, PriceVersion), StringComparer.Ordinal);

        Target TargetOf(ModelSettings model, string provider, string name, int weight, PriceSettings? price) =>
            new(Providers[provider], name, weight, model, PriceLookup.Find(settings, Providers[provider].Settings, name, price, PriceVersion), time);
    }

    /// <summary>
    /// Names this configuration in logs and in <c>x-gateway-config-version</c>: the number of the load since the program's start (in a cluster: the
    /// number that all nodes know it by), and the beginning of the SHA-256 of the text. The number tells apart two loads of one text (a secret's file may have changed).
    /// </summary>
    public string Version { get; }

    public GatewaySettings Settings { get; }

    public IReadOnlyList<DataListener> Listeners { get; }

    /// <summary>Proxies before us whose word is taken for whom they pass on; none if there are none.</summary>
    public Networks? TrustedProxies { get; }

    /// <summary>Fields that the access log has.</summary>
    public AccessFields AccessFields { get; }

    public FrozenDictionary<string, Provider> Providers { get; }
    public FrozenDictionary<string, Model> Models { get; }

    public FrozenDictionary<string, UpstreamPool> Upstreams { get; }

    public RouteTable Routes { get; }

    /// <summary>Issuers of JWTs, by the <c>iss</c> of their tokens.</summary>
    public FrozenDictionary<string, JwtIssuer> Issuers { get; }

    /// <summary>Client certificates that stand for callers.</summary>
    public KnownCertificates Certificates { get; }

    /// <summary>Keys stated in the configuration.</summary>
    public FrozenDictionary<KeyHash, Caller> Keys { get; }

    /// <summary>What becomes of a tenant's calls whose clients go away.</summary>
    public OnDisconnect OnDisconnectOf(string? tenant) =>
        (tenant is null ? null : Settings.Tenants.GetValueOrDefault(tenant)?.OnDisconnect) ?? Settings.Usage.OnDisconnect;

    /// <summary>What records call the prices that this configuration states.</summary>
    public string PriceVersion => $"config@{Version}";

    /// <summary>Compiles settings that have been validated.</summary>
    public static Snapshot Compile(GatewaySettings settings, long sequence, string text, TimeProvider? time = null) =>
        new(settings, SharedText.VersionOf(sequence, text), time ?? TimeProvider.System);

    /// <summary>What a tenant is billed; none if that is what the provider bills.</summary>
    public Tariff? TariffOf(string? tenant) => tenant is null ? null : _tariffs.GetValueOrDefault(tenant);

    /// <summary>What calls of a provider's model cost by this configuration, for whoever asks later what they should have cost; none if nobody says.</summary>
    /// <param name="provider">Id of the provider.</param>
    /// <param name="targetModel">The model's name there.</param>
    /// <param name="model">The model's name here: what its targets state comes first.</param>
    public PriceTimeline? PricesOf(string provider, string targetModel, string? model = null)
    {
        var target = model is null || !Models.TryGetValue(model, out var known) ? null
            : known.Targets.Concat(known.Fallbacks).FirstOrDefault(t => t.Provider.Id == provider && t.Model == targetModel);
        if (target is not null) return target.Prices;
        return Providers.TryGetValue(provider, out var at) ? PriceLookup.Find(Settings, at.Settings, targetModel, stated: null, PriceVersion) : null;
    }

    private static KeyHash HashOf(KeySettings key) => key.Hash is { } hex ? KeyHash.Parse(hex) : KeyHash.Of(key.Secret!.Reveal());

    private static Caller CallerOf(string id, KeySettings key) => new()
    {
        KeyId = id,
        Tenant = key.Tenant,
        Team = key.Team,
        User = key.User,
        Models = new NamePatterns(key.Models),
        Routes = new NamePatterns(key.Routes),
        IpRanges = key.IpRanges,
        Expires = key.Expires ?? DateTimeOffset.MaxValue,
        Metadata = key.Metadata,
    };
}

/// <summary>A place that model calls can be sent to, compiled.</summary>
internal sealed class Provider
{
    public Provider(string id, ProviderSettings settings)
    {
        Id = id;
        Settings = settings;
        Kind = settings.Kind!.Value;
        BaseUrl = (settings.BaseUrl?.AbsoluteUri ?? DefaultBaseUrl(Kind)).TrimEnd('/');
        Address = new Uri(BaseUrl);
        BasePath = Address.AbsolutePath.TrimEnd('/');
    }

    public string Id { get; }
    public ProviderKind Kind { get; }
    public ProviderSettings Settings { get; }

    /// <summary>Without a slash at its end.</summary>
    public string BaseUrl { get; }

    /// <summary>The same, taken apart.</summary>
    public Uri Address { get; }

    /// <summary>Path below which its API is; empty for the root.</summary>
    public string BasePath { get; }

    private static string DefaultBaseUrl(ProviderKind kind) => kind switch
    {
        ProviderKind.OpenAI => "https://api.openai.com/v1",
        ProviderKind.Anthropic => "https://api.anthropic.com/v1",
        _ => "fake:",
    };
}

/// <summary>A model as clients know it, compiled.</summary>
internal sealed class Model
{
    public Model(string name, ModelSettings settings, TargetCompiler compile)
    {
        Name = name;
        Settings = settings;
        Targets = [.. settings.Targets.Select(t => compile(settings, t.Provider, t.Model ?? name, t.Weight, t.Price))];
        Fallbacks = [.. settings.Fallbacks.Select(f => compile(settings, f.Provider, f.Model ?? name, weight: 0, f.Price))];
    }

    public string Name { get; }
    public ModelSettings Settings { get; }
    public Target[] Targets { get; }
    public Target[] Fallbacks { get; }
}

/// <summary>Compiles one target of a model.</summary>
internal delegate Target TargetCompiler(ModelSettings model, string provider, string name, int weight, PriceSettings? price);

/// <summary>One place that serves a model, compiled.</summary>
internal sealed class Target(Provider provider, string model, int weight, ModelSettings settings, PriceTimeline? prices, TimeProvider time)
{
    public Provider Provider => provider;

    /// <summary>The model's name at the provider.</summary>
    public string Model => model;

    /// <summary>The same as a JSON string, quotes included.</summary>
    public ReadOnlyMemory<byte> ModelJson { get; } = Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(model)}\"");

    public int Weight => weight;

    /// <summary>What calls cost there, cost and will cost; none if nobody has said.</summary>
    public PriceTimeline? Prices => prices;

    /// <summary>What calls cost there now; none if nobody has said.</summary>
    public Price? Price => prices?.Now(time);

    /// <summary>What a tenant is billed now for calls of a model that this target serves.</summary>
    public Price? BilledPrice(Tariff? tariff, string model) => tariff is null ? Price : tariff.Of(model, prices)?.Now(time);

    public int MaxOutputTokens => settings.MaxOutputTokens;
    public TimeoutSettings Timeouts { get; } = settings.Timeouts ?? provider.Settings.Timeouts;
}
