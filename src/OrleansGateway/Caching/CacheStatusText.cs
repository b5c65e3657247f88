using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Caching;

/// <summary>Our member of <c>Cache-Status</c> (RFC 9211): what this cache has done, after what those behind it have.</summary>
internal static class CacheStatusText
{
    public const string Name = "Cache-Status";

    public static string Hit(long ttl) => string.Create(CultureInfo.InvariantCulture, $"gateway; hit; ttl={ttl}");

    /// <param name="forward">Why it was asked for: <c>uri-miss</c>, <c>stale</c> …</param>
    /// <param name="status">Status that the origin gave; 0 if it gave none.</param>
    /// <param name="isStored">Whether the answer is stored.</param>
    /// <param name="isCollapsed">Whether another request has asked for it.</param>
    /// <param name="ttl">Seconds for which it is fresh; none if it is not stored.</param>
    /// <param name="detail">Why it is not stored; none if it is.</param>
    public static string Forwarded(string forward, int status, bool isStored, bool isCollapsed, long? ttl, string? detail)
    {
        var text = "gateway; fwd=" + forward;
        if (status != 0) text += "; fwd-status=" + status.ToString(CultureInfo.InvariantCulture);
        if (isStored) text += "; stored";
        if (isCollapsed) text += "; collapsed";
        if (ttl is { } seconds) text += "; ttl=" + seconds.ToString(CultureInfo.InvariantCulture);
        if (detail is not null) text += "; detail=" + detail;
        return text;
    }

    public static void Append(IHeaderDictionary headers, string member)
    {
        var before = headers[Name];
        headers[Name] = before.Count == 0 ? member : StringValues.Concat(before, member);
    }
}
