using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;

namespace OrleansGateway.Caching.Terms;

/// <summary>What a request says that caching goes by.</summary>
/// <param name="Directives">Its <c>Cache-Control</c>, or <c>Pragma</c> where there is none; nothing where the route ignores it.</param>
/// <param name="IsAuthorized">Whether it carries <c>Authorization</c> to the origin.</param>
internal sealed record RequestTerms(CacheDirectives Directives, bool IsAuthorized)
{
    private static readonly RequestTerms s_plain = new(new CacheDirectives(), false);

    /// <summary>Whether the answer must come from the origin now, or be confirmed by it.</summary>
    public bool WantsNew => Directives.Has(CacheFlags.NoCache | CacheFlags.NoStore) || Directives.MaxAge == 0;

    public static RequestTerms Of(IHeaderDictionary headers, CacheSettings settings)
    {
        var isAuthorized = headers.Authorization.Count > 0;
        var (control, pragma) = settings.RequestDirectives == RequestDirectiveUse.Ignore ? (default(StringValues), default) : (headers.CacheControl, headers.Pragma);
        if (control.Count == 0 && pragma.Count == 0) return isAuthorized ? new RequestTerms(new CacheDirectives(), true) : s_plain;
        var directives = new CacheDirectives();
        foreach (var line in control.Count > 0 ? control : pragma) directives.Read(line);
        return new RequestTerms(directives, isAuthorized);
    }
}
