namespace OrleansGateway.Configuration;

/// <summary>Routes: at least one, each doing one thing, with the settings that belong to it.</summary>
internal static class RouteRules
{
    private const string NoRoute = "There is no route, so nothing would be served; add one (routes: { default: { path: / } }).";

    private static readonly string[] Kinds = ["upstream", "redirect", "respond"];

    public static void Check(GatewaySettings settings, Findings findings)
    {
        // A file of a node's own sections alone: the rest is its cluster's.
        if (settings.Routes.Count == 0 && !NodeSections.IsAllThereIs(findings)) findings.Report("", "routes", NoRoute);
        NameRules.CheckIds("routes", settings.Routes.Keys, findings);
        var places = new RoutePlaces(findings);
        foreach (var (id, route) in settings.Routes)
        {
            var owner = SettingPath.Entry("routes", id);
            if (findings.IsFaulty(owner)) continue;
            var pattern = places.Check(owner, route);
            CheckKind(settings, route, owner, findings);
            if (pattern is not null) CheckTargets(route, pattern, owner, findings);
            NameRules.CheckPatterns(route.Models, settings.Models, owner, "models", "models", findings);
            CheckAuth(settings, route, owner, findings);
            HeaderRules.Check(route.RequestHeaders, SettingPath.Field(owner, "request_headers"), findings);
            HeaderRules.Check(route.ResponseHeaders, SettingPath.Field(owner, "response_headers"), findings);
            AnswerRules.Check(route, owner, findings);
            if (route.Cache is { } cache && pattern is not null) CheckTags(cache, pattern, SettingPath.Field(owner, "cache"), findings);
            ModelCacheRules.Check(route, owner, findings);
        }
    }

    private static void CheckKind(GatewaySettings settings, RouteSettings route, string owner, Findings findings)
    {
        var given = Kinds.Where(IsGiven).ToList();
        if (given.Count > 1)
        {
            findings.Report(owner, given[1], $"{given[0]} is given too; a route does one thing, so take one of the two out.");
            return;
        }

        if (route.Upstream is { } upstream) NameRules.Exists(settings.Upstreams, "upstreams", upstream, owner, "upstream", "upstreams", findings);
        switch (given.FirstOrDefault())
        {
            case null:
                Forbid("The model API has no use for it; take it out, or name an upstream.",
                    "rewrite", "request_headers", "response_headers", "pass_credentials", "cache");
                break;
            case "upstream":
                Forbid("Only a route of the model API has models; take it out.", "models", "model_cache");
                break;
            case var kind:
                Forbid($"A route with {kind} passes nothing on; take it out.", "models", "model_cache", "rewrite", "request_headers", "pass_credentials", "request_body_max", "cache");
                if (kind == "redirect") Forbid("A redirect has no body to compress; take it out.", "compression");
                break;
        }

        bool IsGiven(string field) => findings.IsGiven(SettingPath.Field(owner, field));

        void Forbid(string reason, params ReadOnlySpan<string> fields)
        {
            foreach (var field in fields)
            {
                if (IsGiven(field)) findings.Report(owner, field, reason);
            }
        }
    }

    private static void CheckTargets(RouteSettings route, PathPattern pattern, string owner, Findings findings)
    {
        if (route.Rewrite.Path is { } path && PathRewrite.Parse(path, pattern) is (null, var wrongPath))
            findings.Report(SettingPath.Field(owner, "rewrite"), "path", wrongPath);
        if (route.Redirect is { To.Length: > 0 } redirect && RedirectTarget.Parse(redirect.To, pattern) is (null, var wrongTarget))
            findings.Report(SettingPath.Field(owner, "redirect"), "to", wrongTarget);
        if (route.Rewrite.Host is not ("target" or "keep" or "") && !IsAuthority(route.Rewrite.Host))
            findings.Report(SettingPath.Field(owner, "rewrite"), "host", "This is not target, keep, or a host such as shop.internal or shop.internal:8080.");
    }

    private static void CheckTags(CacheSettings cache, PathPattern pattern, string owner, Findings findings)
    {
        var tags = SettingPath.Field(owner, "tags");
        for (var i = 0; i < cache.Tags.Count; i++)
        {
            if (cache.Tags[i] is { } tag && TagTemplate.Parse(tag, pattern) is (null, var problem)) findings.ReportAt(SettingPath.Item(tags, i), tags, problem);
        }
    }

    private static bool IsAuthority(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']')) return IsHost(text);
        var isPort = int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535;
        return isPort && IsHost(text[..colon]);

        // Sent as it stands, so only as it can be sent.
        static bool IsHost(string host) => host.All(char.IsAscii) && HostPattern.Parse(host).Host is { IsWildcard: false };
    }

    private static void CheckAuth(GatewaySettings settings, RouteSettings route, string owner, Findings findings)
    {
        if (settings.Jwt.Count == 0 && route.Auth.Count > 0 && route.Auth.All(a => a == CredentialKind.Jwt) && !findings.IsFaulty("jwt"))
            findings.Report(owner, "auth", "Only JWTs may be used here, and no issuer is stated, so nobody could; add one to jwt, or key to this list.");
        var isModelApi = !Kinds.Any(k => findings.IsGiven(SettingPath.Field(owner, k)));
        if (isModelApi && route.Auth.Contains(CredentialKind.Anonymous))
            findings.Report(owner, "auth", "The model API cannot be used anonymously: what it costs is somebody's. Take anonymous out, or name an upstream.");
        if (route.ExternalAuth is not { } external) return;
        var path = SettingPath.Field(owner, "external_auth");
        HeaderRules.CheckNames(external.HeadersToSend, SettingPath.Field(path, "headers_to_send"), findings);
        HeaderRules.CheckNames(external.HeadersFromAnswer, SettingPath.Field(path, "headers_from_answer"), findings);
    }
}
