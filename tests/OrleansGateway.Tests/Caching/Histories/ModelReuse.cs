using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Whether a stored answer may be given to a request without the origin's word (RFC 9111 §4).</summary>
/// <param name="Settings">The route's.</param>
/// <param name="Now">When.</param>
/// <param name="OriginFailed">Whether the origin was asked for this request, and gave no answer or an error of a server.</param>
internal sealed record ModelReuse(CacheSettings Settings, DateTimeOffset Now, bool OriginFailed)
{
    /// <summary>Why not; none if it may.</summary>
    /// <param name="stored">What is stored.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="purged">Whether it has been made invalid since, and how.</param>
    public string? WhyNot(ModelStored stored, HistoryRequest request, InvalidationMode? purged)
    {
        if (!request.IsGet && !request.IsHead) return "the method does not allow a stored answer";
        if (!stored.MayBeStored) return "a shared cache may not store it (§3)";
        if (purged == InvalidationMode.Hard) return "it was made invalid (§4.4)";
        if (!ModelVary.Matches(stored, request.Fields)) return "the fields that Vary names differ (§4.1)";
        if (stored.Has("no-cache")) return "no-cache: not without validation (§5.2.2.4)";
        return WhyNotInTime(stored, request, isStale: purged is not null);
    }

    private string? WhyNotInTime(ModelStored stored, HistoryRequest request, bool isStale)
    {
        var age = stored.Age(Now);
        var staleness = age - stored.Lifetime;
        if (staleness < TimeSpan.Zero && isStale) staleness = TimeSpan.Zero;
        // RFC 5861 §4: the error comes before what the client would rather have.
        if (OriginFailed && !stored.IsNeverStale && stored.IfError > TimeSpan.Zero && staleness <= stored.IfError) return null;
        var wants = Directives(request);
        bool Wants(string name) => wants.Exists(one => one.Name == name);
        TimeSpan Stated(string name) => TimeSpan.FromSeconds(ModelSyntax.Seconds(wants.FindLast(one => one.Name == name).Value));
        if (Wants("no-cache")) return "the client wants it validated (§5.2.1.4)";
        if (Wants("max-age") && age > Stated("max-age")) return $"its age is {age}, more than the client's max-age (§5.2.1.1)";
        if (Wants("min-fresh") && -staleness < Stated("min-fresh")) return "it is not fresh for as long as the client wants (§5.2.1.3)";
        if (staleness < TimeSpan.Zero) return null;
        if (stored.IsNeverStale) return $"it is stale by {staleness} and must not be used so (§4.2.4)";
        if (!isStale && wants.Exists(static one => one is { Name: "max-stale", Value: null })) return null;
        if (!isStale && Wants("max-stale") && staleness <= Stated("max-stale")) return null;
        // §5.2.1.1: "Unless the max-stale request directive is also present, the client does not wish to receive a stale response."
        if (Wants("max-age") && !Wants("max-stale")) return $"it is stale by {staleness}, and the client, which says max-age, wants no stale one (§5.2.1.1)";
        return stored.WhileRevalidate > TimeSpan.Zero && staleness <= stored.WhileRevalidate ? null : $"it is stale by {staleness}";
    }

    /// <summary>§5.2.1, and §5.4 where there are none.</summary>
    public List<(string Name, string? Value)> Directives(HistoryRequest request)
    {
        if (Settings.RequestDirectives == RequestDirectiveUse.Ignore) return [];
        return ModelSyntax.Directives(request.Fields.All(request.Fields.Has("Cache-Control") ? "Cache-Control" : "Pragma"));
    }
}
