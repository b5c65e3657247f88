namespace OrleansGateway.Configuration;

/// <summary>
/// Pieces of a path between its slashes, counted from 0: <c>/shop/cart</c> has <c>shop</c> and <c>cart</c>, <c>/shop/</c> has <c>shop</c> and an empty one.
/// </summary>
internal static class PathSegments
{
    /// <summary>One segment; empty if there are not so many.</summary>
    public static ReadOnlySpan<char> At(ReadOnlySpan<char> path, int index)
    {
        var rest = From(path, index);
        var slash = rest.IndexOf('/');
        return slash < 0 ? rest : rest[..slash];
    }

    /// <summary>All from one segment on, without the slash before it; empty if there are not so many.</summary>
    public static ReadOnlySpan<char> From(ReadOnlySpan<char> path, int index)
    {
        for (var rest = path; ; index--)
        {
            var slash = rest.IndexOf('/');
            if (slash < 0) return [];
            rest = rest[(slash + 1)..];
            if (index == 0) return rest;
        }
    }
}
