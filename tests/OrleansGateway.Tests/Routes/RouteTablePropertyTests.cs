using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Routes;

/// <summary>The compiled table against a matcher that tries each route by the words of the documentation.</summary>
public sealed class RouteTablePropertyTests
{
    private static readonly string[] Words = ["a", "b", "c"];
    private static readonly string[] Hosts = ["x.org", "y.x.org", "*.x.org", "*.org", "z.net"];
    private static readonly string[] AskedHosts = ["x.org", "y.x.org", "w.y.x.org", "org", "z.net", "other"];
    private static readonly string[] Methods = ["GET", "POST", "HEAD"];

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public void Find_OverRandomRoutes_AgreesWithTryingEach(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var routes = Enumerable.Range(0, random.Next(1, 40)).Select(i => DrawRoute(random, $"r{i:00}")).ToList();
            var table = new RouteTable(routes);
            for (var asked = 0; asked < 60; asked++)
            {
                var path = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => "/" + (random.Next(8) == 0 ? "" : Words[random.Next(3)])));
                var request = $"{Methods[random.Next(3)]} {AskedHosts[random.Next(AskedHosts.Length)]} {path}{(random.Next(3) == 0 ? "?v=1" : "")}";
                Assert.True(Expected(routes, request) == table.Find(RouteTableTests.Of(request))?.Id, $"{request} among {string.Join("; ", routes.Select(r => $"{r.Id} {string.Join(',', r.Hosts)}{r.Path}"))}");
            }
        }
    }

    private static Route DrawRoute(Random random, string id)
    {
        var segments = string.Concat(Enumerable.Range(0, random.Next(4)).Select(i => random.Next(3) == 0 ? $"/{{v{i}}}" : "/" + Words[random.Next(3)]));
        var path = segments + random.Next(4) switch { 0 => "/", 1 => "/{rest...}", 2 => "/{$}", _ => segments.Length == 0 ? "/" : "" };
        var match = new RouteMatchSettings
        {
            Methods = random.Next(3) == 0 ? ["GET"] : random.Next(4) == 0 ? ["POST"] : [],
            Query = random.Next(4) == 0 ? new Dictionary<string, string> { ["v"] = "1" } : [],
        };
        return RouteTableTests.At(id, path, match, random.Next(2) == 0 ? [Hosts[random.Next(Hosts.Length)]] : []);
    }

    private static string? Expected(List<Route> routes, string request)
    {
        var asked = RouteTableTests.Of(request);
        return routes.Where(r => Takes(r, asked))
            .OrderBy(r => HostRank(r, asked.Host))
            .ThenBy(r => PathRank(r.Path), StringComparer.Ordinal)
            .ThenByDescending(r => r.Settings.Match.Methods.Count > 0).ThenByDescending(r => r.Settings.Match.Query.Count)
            .ThenBy(r => r.Id, StringComparer.Ordinal).FirstOrDefault()?.Id;
    }

    private static bool Takes(Route route, in RouteRequest asked)
    {
        var methods = route.Settings.Match.Methods;
        if (methods.Count > 0 && !methods.Contains(asked.Method) && !(asked.Method == "HEAD" && methods.Contains("GET"))) return false;
        if (route.Settings.Match.Query.Count > 0 && asked.Query != "?v=1") return false;
        return HostRank(route, asked.Host) >= 0 && Matches(route.Path, asked.Path);
    }

    // 0 for the name itself, the more the shorter the wildcard, most for any; less than 0 if it does not match.
    private static int HostRank(Route route, string host) => route.Settings.Hosts switch
    {
        [] => 1_000,
        [var one] when one == host => 0,
        [['*', .. var end]] when host.EndsWith(end, StringComparison.Ordinal) => 500 - end.Length,
        _ => -1,
    };

    // One character for each segment: fixed before variable before rest.
    private static string PathRank(string path) => string.Concat(path.Split('/').Skip(1).Select(s => s is "" ? '3' : s.EndsWith("...}", StringComparison.Ordinal) ? '3' : s is "{$}" || s[0] != '{' ? '1' : '2'));

    private static bool Matches(string pattern, string path)
    {
        var (wanted, given) = (pattern.Split('/'), path.Split('/'));
        for (var at = 1; at < wanted.Length; at++)
        {
            if (at >= given.Length) return false;
            var isLast = at == wanted.Length - 1;
            if (isLast && (wanted[at] is "" || wanted[at].EndsWith("...}", StringComparison.Ordinal))) return true;
            var fits = wanted[at] switch { "{$}" => given[at].Length == 0, ['{', ..] => given[at].Length > 0, var text => text == given[at] };
            if (!fits) return false;
        }

        return given.Length == wanted.Length;
    }
}
