namespace OrleansGateway.Configuration;

/// <summary>Which requests each route takes: proper hosts, paths and conditions, and no two routes that cannot be told apart.</summary>
internal sealed class RoutePlaces(Findings findings)
{
    private const string NotToldApart = "and the two cannot be told apart; change the path, or what one of them must match.";

    private readonly Dictionary<(string Host, string Shape), List<(string Owner, RouteConditions Conditions)>> _taken = [];

    /// <summary>Checks where a route is, and gives its path; none if that has a fault.</summary>
    public PathPattern? Check(string owner, RouteSettings route)
    {
        var hosts = CheckHosts(owner, route.Hosts);
        var isSound = CheckMatch(owner, route.Match);
        if (findings.IsFaulty(SettingPath.Field(owner, "path"))) return null;
        if (PathPattern.Parse(route.Path) is not ({ } pattern, _))
        {
            findings.Report(owner, "path", PathPattern.Parse(route.Path).Problem);
            return null;
        }

        var isModelApi = route.Upstream is null && route.Redirect is null && route.Respond is null;
        if (isModelApi && !(pattern is { HasRest: true, IsFixed: true }))
            findings.Report(owner, "path", "The path of a route for the model API ends in a slash and has no { }.");
        else if (hosts is not null && isSound)
            Take(owner, pattern, hosts, new RouteConditions(route.Match));
        return pattern;
    }

    private List<HostPattern>? CheckHosts(string owner, IReadOnlyList<string> hosts)
    {
        var (list, patterns) = (SettingPath.Field(owner, "hosts"), new List<HostPattern>());
        for (var i = 0; i < hosts.Count; i++)
        {
            // A faulty entry has its place in the list, but no value.
            if (hosts[i] is not { } host) continue;
            var (pattern, problem) = HostPattern.Parse(host);
            if (pattern is not { } sound) findings.ReportAt(SettingPath.Item(list, i), list, problem);
            else if (patterns.Contains(sound))
                findings.ReportAt(SettingPath.Item(list, i), list, $"{findings.Shown(SettingPath.Item(list, i))} is listed twice.");
            else patterns.Add(sound);
        }

        return patterns.Count == hosts.Count ? patterns : null;
    }

    private bool CheckMatch(string owner, RouteMatchSettings match)
    {
        var path = SettingPath.Field(owner, "match");
        var list = SettingPath.Field(path, "methods");
        var isSound = match.Methods.All(m => m is not null);
        for (var i = 0; i < match.Methods.Count; i++)
        {
            if (match.Methods[i] is not { } method || HeaderRules.IsMethod(method)) continue;
            var item = SettingPath.Item(list, i);
            findings.ReportAt(item, list, $"{findings.Shown(item)} is not a method; they are in capitals, such as GET.");
            isSound = false;
        }

        foreach (var name in match.Headers.Keys.Where(n => !HeaderRules.IsName(n)))
        {
            NameRules.ReportName(SettingPath.Entry(SettingPath.Field(path, "headers"), name), HeaderRules.NotAName(name), findings);
            isSound = false;
        }

        return isSound;
    }

    private void Take(string owner, PathPattern pattern, List<HostPattern> hosts, RouteConditions conditions)
    {
        foreach (var host in hosts.Select(h => h.ToString()).DefaultIfEmpty(""))
        {
            if (!_taken.TryGetValue((host, pattern.Shape), out var others)) _taken[(host, pattern.Shape)] = others = [];
            if (others.Find(o => o.Owner != owner && o.Conditions.CannotBeToldFrom(conditions)).Owner is { } other)
            {
                var where = host.Length == 0 ? "" : $" at {host}";
                findings.Report(owner, "path", $"{other} takes the same requests{where}, {NotToldApart}");
                return;
            }

            others.Add((owner, conditions));
        }
    }
}
