namespace OrleansGateway.Configuration;

/// <summary>
/// Routes of one host by path, segment after segment: looking one up costs as much as the path is deep, however many there are. At each segment fixed text
/// comes before a variable, and a variable before what serves all below: so an exact path comes first, then the longest fixed beginning.
/// </summary>
internal sealed class PathTree
{
    private readonly Dictionary<string, PathTree> _fixed = new(StringComparer.Ordinal);
    private PathTree? _variable;
    private Route[] _here = [];
    private Route[] _below = [];

    public void Add(Route route)
    {
        var node = this;
        foreach (var segment in route.Pattern.Segments)
        {
            if (segment.Variable is not null) node = node._variable ??= new PathTree();
            else if (node._fixed.TryGetValue(segment.Text, out var child)) node = child;
            else node = node._fixed[segment.Text] = new PathTree();
        }

        if (route.Pattern.HasRest) node._below = WithMoreConditionsFirst(node._below, route);
        else node._here = WithMoreConditionsFirst(node._here, route);
    }

    /// <summary>The route that takes a request; none if none does.</summary>
    public Route? Find(in RouteRequest request) => Find(request.Path.AsSpan(1), atEnd: false, request);

    /// <param name="rest">What is left of the path, from the beginning of a segment on.</param>
    /// <param name="atEnd">Whether the path has ended, as against ending in a slash, after which there is one more segment that is empty.</param>
    /// <param name="request">Whose path it is.</param>
    private Route? Find(ReadOnlySpan<char> rest, bool atEnd, in RouteRequest request)
    {
        if (atEnd) return First(_here, request);
        var slash = rest.IndexOf('/');
        var segment = slash < 0 ? rest : rest[..slash];
        var next = slash < 0 ? [] : rest[(slash + 1)..];
        Route? route = null;
        if (_fixed.Count > 0 && _fixed.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out var child))
            route = child.Find(next, slash < 0, request);
        if (route is null && segment.Length > 0) route = _variable?.Find(next, slash < 0, request);
        return route ?? First(_below, request);
    }

    private static Route? First(Route[] routes, in RouteRequest request)
    {
        foreach (var route in routes)
        {
            if (route.IsModelApi && !request.ServesModels(route, request.Path)) continue;
            if (!route.Conditions.TakesQuery(request.Query)) continue;
            if (request.Headers is { } headers && !route.Conditions.TakesHeaders(headers)) continue;
            if (request.Allowed is { } allowed) allowed.UnionWith(route.Conditions.Methods);
            else if (route.Conditions.TakesMethod(request.Method)) return route;
        }

        return null;
    }

    // The ids last, so that the order never hangs on that of the file.
    private static Route[] WithMoreConditionsFirst(Route[] routes, Route route) =>
        [.. routes.Append(route).OrderByDescending(r => r.Conditions.Rank).ThenBy(r => r.Id, StringComparer.Ordinal)];
}
