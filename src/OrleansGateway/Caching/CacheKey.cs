using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;

namespace OrleansGateway.Caching;

/// <summary>
/// Under what an answer is stored: who may share it, what the client asked for (the origin learns its scheme and host from <c>X-Forwarded-…</c>, and who purges knows
/// nothing else), and what the origin receives. All of it character by character: nothing is made the same that an origin may tell apart, so that no trick with a path
/// finds another's answer.
/// </summary>
internal readonly struct CacheKey : IEquatable<CacheKey>
{
    private readonly Sharers _sharers;
    private readonly string _tenant;
    private readonly string _team;
    private readonly string _user;
    private readonly string _upstream;
    private readonly string _originHost;
    private readonly string _originTarget;
    private readonly int _hash;

    private CacheKey(Sharers sharers, Caller? caller, string user, in CacheAddress address)
    {
        var isCallers = sharers > Sharers.Nobody;
        (_sharers, _tenant, _user) = (sharers, isCallers ? caller!.Tenant : "", user);
        _team = sharers > Sharers.Tenant ? caller!.Team ?? "" : "";
        (Scheme, Host, Target) = (address.Scheme, address.Host, address.Target);
        (_upstream, _originHost, _originTarget) = (address.Upstream, address.OriginHost ?? "", address.OriginTarget);
        var who = HashCode.Combine(sharers, _tenant, _team, user);
        _hash = HashCode.Combine(who, Scheme, Host, Target, _upstream, _originHost, ReferenceEquals(Target, _originTarget) ? Target : _originTarget);
    }

    private CacheKey(in CacheKey other, string target, string originTarget)
    {
        (_sharers, _tenant, _team, _user, _upstream, _originHost) = (other._sharers, other._tenant, other._team, other._user, other._upstream, other._originHost);
        (Scheme, Host, Target, _originTarget) = (other.Scheme, other.Host, target, originTarget);
        _hash = HashCode.Combine(HashCode.Combine(_sharers, _tenant, _team, _user), Scheme, Host, target, _upstream, _originHost, originTarget);
    }

    private enum Sharers : byte
    {
        All,
        Nobody,
        Tenant,
        User,
        Key,
    }

    /// <summary><c>http</c> or <c>https</c>, as the client called.</summary>
    public string Scheme { get; }

    /// <summary>Host that the client called.</summary>
    public string Host { get; }

    /// <summary>Path and query that the client asked for.</summary>
    public string Target { get; }

    /// <summary>Host, path and query that the client asked for.</summary>
    public string Url => Host + Target;

    /// <summary>Bytes that it takes with the texts that nothing else holds.</summary>
    public int Bytes => (2 * (Target.Length + Host.Length + (ReferenceEquals(Target, _originTarget) ? 0 : _originTarget.Length))) + 160;

    /// <param name="scope">Who shares it.</param>
    /// <param name="caller">Who calls; none for a stranger.</param>
    /// <param name="address">What is asked for.</param>
    public static CacheKey Of(CacheScope scope, Caller? caller, in CacheAddress address) => (scope, caller) switch
    {
        (CacheScope.Public, _) => new CacheKey(Sharers.All, null, "", address),
        (_, null) => new CacheKey(Sharers.Nobody, null, "", address),
        (CacheScope.Tenant, _) => new CacheKey(Sharers.Tenant, caller, "", address),
        (_, { User: { } user }) => new CacheKey(Sharers.User, caller, user, address),
        _ => new CacheKey(Sharers.Key, caller, caller.CountedAs, address),
    };

    /// <summary>The same for all queries.</summary>
    public CacheKey WithoutQuery() => new(this, PathOf(Target).ToString(), PathOf(_originTarget).ToString());

    /// <summary>The same for all queries that are alike. No URL has the character that tells it from others.</summary>
    public CacheKey Alike(SearchVariance variance) => new(this, Alike(Target, variance), Alike(_originTarget, variance));

    private static string Alike(ReadOnlySpan<char> target, SearchVariance variance)
    {
        var path = PathOf(target);
        return $"{path}\0{variance.Text}\0{variance.KeyOf(target[Math.Min(path.Length + 1, target.Length)..])}";
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target) => target.IndexOf('?') is >= 0 and var query ? target[..query] : target;

    public bool Equals(CacheKey other) =>
        _hash == other._hash && _sharers == other._sharers && Target == other.Target && Host == other.Host && _originTarget == other._originTarget
        && _originHost == other._originHost && Scheme == other.Scheme && _tenant == other._tenant && _team == other._team && _user == other._user && _upstream == other._upstream;

    public override bool Equals(object? obj) => obj is CacheKey other && Equals(other);

    public override int GetHashCode() => _hash;
}

/// <summary>What is asked for, as the client says it and as the origin receives it.</summary>
/// <param name="Scheme">Of the client's URL.</param>
/// <param name="Host">Of the client's URL.</param>
/// <param name="Target">Path and query of the client's URL.</param>
/// <param name="Upstream">Id of the upstream.</param>
/// <param name="OriginHost"><c>Host</c> that the origin receives; none for its own.</param>
/// <param name="OriginTarget">Path and query that it receives.</param>
internal readonly record struct CacheAddress(string Scheme, string Host, string Target, string Upstream, string? OriginHost, string OriginTarget);
