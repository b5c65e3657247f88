namespace OrleansGateway.Configuration;

/// <summary>Routes: at least one, each with a path of its own.</summary>
internal static class RouteRules
{
    private const string NoRoute = "There is no route, so nothing would be served; add one (routes: { default: { path: / } }).";

    public static void Check(GatewaySettings settings, Findings findings)
    {
        if (settings.Routes.Count == 0) findings.Report("", "routes", NoRoute);
        NameRules.CheckIds("routes", settings.Routes.Keys, findings);
        var paths = new Dictionary<string, string>();
        foreach (var (id, route) in settings.Routes)
        {
            var owner = SettingPath.Entry("routes", id);
            if (findings.IsFaulty(owner)) continue;
            if (!paths.TryAdd(route.Path, owner)) findings.Report(owner, "path", $"{paths[route.Path]} serves this path already; each path may be served once.");
            NameRules.CheckPatterns(route.Models, settings.Models, owner, "models", "models", findings);
            CheckAuth(settings, route, owner, findings);
        }
    }

    private static void CheckAuth(GatewaySettings settings, RouteSettings route, string owner, Findings findings)
    {
        if (settings.Jwt.Count == 0 && route.Auth.Count > 0 && route.Auth.All(a => a == CredentialKind.Jwt) && !findings.IsFaulty("jwt"))
            findings.Report(owner, "auth", "Only JWTs may be used here, and no issuer is stated, so nobody could; add one to jwt, or key to this list.");
        if (route.ExternalAuth is not { } external) return;
        var path = SettingPath.Field(owner, "external_auth");
        HeaderRules.CheckNames(external.HeadersToSend, SettingPath.Field(path, "headers_to_send"), findings);
        HeaderRules.CheckNames(external.HeadersFromAnswer, SettingPath.Field(path, "headers_from_answer"), findings);
    }
}
