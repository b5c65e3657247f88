using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>An answer that a cache may have stored, and what RFC 9111 says of it. All that one cache stored, another may not have: the model keeps whatever came.</summary>
internal sealed class ModelStored
{
    private readonly CacheSettings _settings;
    private readonly List<(string Name, string? Value)> _directives;
    private readonly bool _isTargeted;
    private readonly DateTimeOffset _date;

    public ModelStored(CacheSettings settings, Asked asked, int status, Fields fields, int version, int length, ulong mask, List<Fields> requests)
    {
        (_settings, Asked, Status, Fields, Version, Length, Mask, Requests) = (settings, asked, status, fields, version, length, mask, requests);
        // RFC 9213 §2.2: the first of the list of targets that is there and valid counts alone.
        var targeted = ModelSyntax.Targeted(fields.All("Gateway-Cache-Control")) ?? ModelSyntax.Targeted(fields.All("CDN-Cache-Control"));
        (_isTargeted, _directives) = (targeted is not null, targeted ?? ModelSyntax.Directives(fields.All("Cache-Control")));
        Lifetime = LifetimeOf(out var isExplicit);
        IsExplicit = isExplicit;
        MayBeStored = Storable(asked);
        (Tag, Modified, _date) = (fields.Only("ETag"), fields.Only("Last-Modified"), DateOf());
        IsPlain = IsExplicit && _directives.DistinctBy(static one => one.Name).Count() == _directives.Count && fields.All("Expires").Count < 2;
    }

    /// <summary>The exchange by which it came, or was confirmed last.</summary>
    public Asked Asked { get; }

    public int Status { get; }

    public Fields Fields { get; }

    /// <summary>Of what the origin had: the body is made of it.</summary>
    public int Version { get; }

    /// <summary>Length of the whole representation.</summary>
    public int Length { get; }

    /// <summary>A bit for each byte that is there.</summary>
    public ulong Mask { get; }

    /// <summary>Fields of the requests that it was the answer to (§4.1).</summary>
    public List<Fields> Requests { get; }

    /// <summary>Event from which on it stands: what was made invalid later is invalid.</summary>
    public long Since { get; init; }

    public bool IsWhole => Mask == MaskOf(0, Length - 1);

    /// <summary>How long it is fresh at most (§4.2.1).</summary>
    public TimeSpan Lifetime { get; }

    public bool IsExplicit { get; }

    /// <summary>Whether it says how long it is fresh, and says so once.</summary>
    public bool IsPlain { get; }

    public string? Tag { get; }

    /// <summary><c>Last-Modified</c> as it stands.</summary>
    public string? Modified { get; }

    public string? StrongTag => Tag is ['"', ..] ? Tag : null;

    /// <summary>Whether a shared cache may store it (§3).</summary>
    public bool MayBeStored { get; }

    public string Target => Asked.Request.Target;

    /// <summary>§4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10, §5.2.2.4: whether stale use is forbidden, whoever asks.</summary>
    public bool IsNeverStale => Has("must-revalidate") || Has("proxy-revalidate") || Has("s-maxage") || Has("no-cache");

    public bool Has(string directive) => _directives.Exists(one => one.Name == directive);

    /// <summary>RFC 5861 §3; what the route allows where the answer does not say.</summary>
    public TimeSpan WhileRevalidate => Has("stale-while-revalidate") ? TimeSpan.FromSeconds(First("stale-while-revalidate")) : _settings.StaleWhileRevalidate;

    /// <summary>RFC 5861 §4.</summary>
    public TimeSpan IfError => Has("stale-if-error") ? TimeSpan.FromSeconds(First("stale-if-error")) : _settings.StaleIfError;

    /// <summary>§4.2.3: the least that it can be. Dates have whole seconds.</summary>
    public TimeSpan Age(DateTimeOffset now)
    {
        var came = Asked.CameAt;
        var apparent = TimeSpan.FromTicks(Math.Max(0, (Whole(came) - _date).Ticks));
        // §5.1: the first value counts; one that is not valid is as if it were not there.
        var stated = ModelSyntax.Members(Fields.All("Age")) is [var first, ..] ? ModelSyntax.Seconds(first) : 0;
        var corrected = TimeSpan.FromSeconds(stated) + (came - Asked.SentAt);
        return (apparent > corrected ? apparent : corrected) + (now - came);
    }

    public static ulong MaskOf(int from, int to) => to < from ? 0 : (ulong.MaxValue >> (63 - (to - from))) << from;

    /// <summary>§3.</summary>
    private bool Storable(Asked asked)
    {
        // "the response status code is final"; 304 is about another answer.
        if (Status is < 200 or 304) return false;
        var isUnderstood = Status is >= 200 and <= 206 or >= 300 and <= 305 or 307 or 308 or >= 400 and <= 417 or 421 or 422 or 426 or >= 500 and <= 505;
        if (Has("must-understand") && !isUnderstood) return false;
        // §5.2.2.3: where it understands the status, a cache that knows must-understand ignores no-store.
        if (Has("no-store") && !Has("must-understand")) return false;
        if (Has("private")) return false;
        // §5.2.1.5.
        var wanted = _settings.RequestDirectives == RequestDirectiveUse.Honour ? asked.Request.Fields.All("Cache-Control") : [];
        if (ModelSyntax.Directives(wanted).Exists(static one => one.Name == "no-store")) return false;
        // §3.5.
        if (asked.Request.Fields.Has("Authorization") && !Has("public") && !Has("s-maxage") && !Has("must-revalidate")) return false;
        // No rule of the RFC: the route's `set_cookie: explicit`.
        if (Fields.Has("Set-Cookie") && !Has("public") && !Has("s-maxage") && !_isTargeted) return false;
        return Has("public") || Has("max-age") || Has("s-maxage") || (!_isTargeted && Fields.Has("Expires")) || IsHeuristic(Status);
    }

    /// <summary>RFC 9110 §15.1.</summary>
    private static bool IsHeuristic(int status) => status is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;

    /// <summary>§4.2.1, in its order. Of two of the same the first counts, or the answer is stale; the model allows the first.</summary>
    private TimeSpan LifetimeOf(out bool isExplicit)
    {
        isExplicit = true;
        if (Has("s-maxage")) return TimeSpan.FromSeconds(First("s-maxage"));
        if (Has("max-age")) return TimeSpan.FromSeconds(First("max-age"));
        if (!_isTargeted && Fields.All("Expires") is [var expires, ..] all)
        {
            var stated = ModelSyntax.Date(expires, Asked.CameAt) is { } end ? end - DateOf() : TimeSpan.Zero;
            return all.Count > 1 && stated < TimeSpan.Zero ? TimeSpan.Zero : stated;
        }

        isExplicit = false;
        // §4.2.2.
        if (!IsHeuristic(Status) && !Has("public")) return TimeSpan.Zero;
        var modified = ModelSyntax.Date(Fields.Only("Last-Modified"), Asked.CameAt);
        return modified < DateOf() ? (DateOf() - modified.Value) / 10 : TimeSpan.Zero;
    }

    /// <summary>RFC 9110 §6.6.1: where there is none, or none that is valid, the time when it came.</summary>
    public DateTimeOffset DateOf() => ModelSyntax.Date(Fields.Only("Date"), Asked.CameAt) ?? Asked.CameAt;

    private double First(string directive) => ModelSyntax.Seconds(_directives.Find(one => one.Name == directive).Value);

    private static DateTimeOffset Whole(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond));
}
