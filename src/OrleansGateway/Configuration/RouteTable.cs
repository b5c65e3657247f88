using System.Collections.Frozen;

namespace OrleansGateway.Configuration;

/// <summary>All routes, compiled for finding the one that takes a request: by host first, then by path, then by what else they ask for.</summary>
internal sealed class RouteTable
{
    private readonly FrozenDictionary<string, PathTree> _hosts;
    private readonly FrozenDictionary<string, PathTree> _wildcards;
    private readonly PathTree _anyHost = new();

    public RouteTable(IEnumerable<Route> routes)
    {
        All = [.. routes.OrderBy(r => r.Id, StringComparer.Ordinal)];
        var (hosts, wildcards) = (new Dictionary<string, PathTree>(), new Dictionary<string, PathTree>());
        foreach (var route in All)
        {
            if (route.Hosts.Length == 0) _anyHost.Add(route);
            foreach (var host in route.Hosts)
            {
                var of = host.IsWildcard ? wildcards : hosts;
                if (!of.TryGetValue(host.Name, out var tree)) of[host.Name] = tree = new PathTree();
                tree.Add(route);
            }
        }

        _hosts = hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _wildcards = wildcards.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>By id.</summary>
    public IReadOnlyList<Route> All { get; }

    /// <summary>The route that takes a request; none if none does.</summary>
    public Route? Find(in RouteRequest request) => FindByHost(request) ?? _anyHost.Find(request);

    /// <summary>The methods with which the request would be taken; none if the method is not what is wrong with it.</summary>
    public IReadOnlyCollection<string> MethodsAllowed(in RouteRequest request)
    {
        var allowed = new SortedSet<string>(StringComparer.Ordinal);
        Find(new RouteRequest
        {
            Host = request.Host,
            Method = request.Method,
            Path = request.Path,
            Query = request.Query,
            Headers = request.Headers,
            ServesModels = request.ServesModels,
            Allowed = allowed,
        });
        return allowed;
    }

    private Route? FindByHost(in RouteRequest request)
    {
        if (_hosts.Count == 0 && _wildcards.Count == 0) return null;
        var name = HostPattern.NameOf(request.Host);
        if (name.IsEmpty || name.Length > HostPattern.NameMax) return null;
        if (_hosts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var exact) && exact.Find(request) is { } route) return route;
        if (_wildcards.Count == 0) return null;
        var lookup = _wildcards.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.'))
        {
            // Nothing before the dot is no name below anything.
            var below = dot > 0;
            name = name[(dot + 1)..];
            if (below && lookup.TryGetValue(name, out var tree) && tree.Find(request) is { } found) return found;
        }

        return null;
    }
}
