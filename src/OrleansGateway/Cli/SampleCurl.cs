using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary>A curl command that works as it stands: the first key whose text is known, with the first route and model that it may use.</summary>
internal static class SampleCurl
{
    public static string? Write(GatewaySettings settings, Uri address)
    {
        var command =
            from key in settings.Keys.Values
            let secret = key.Secret
            where secret is not null && settings.Tenants[key.Tenant].Enabled
            from route in settings.Routes
            where new NamePatterns(key.Routes).Matches(route.Key) && ServesModelsToAll(route.Value)
            from model in settings.Models.Keys
            where new NamePatterns(key.Models).Matches(model) && new NamePatterns(route.Value.Models).Matches(model)
            select Command(new Uri(address, route.Value.Path + "v1/chat/completions"), secret.Reveal(), model);
        return command.FirstOrDefault();
    }

    private static bool ServesModelsToAll(RouteSettings route) =>
        route is { Upstream: null, Redirect: null, Respond: null, Hosts.Count: 0, Match: { Headers.Count: 0, Query.Count: 0 } }
        && route.Auth.Contains(CredentialKind.Key);

    private static string Command(Uri url, string key, string model)
    {
        var body = $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello, gateway!"}]}""";
        return $"curl {url} -H {Quoted($"Authorization: Bearer {key}")} -H 'Content-Type: application/json' -d {Quoted(body)}";
    }

    /// <summary>For a shell, to which nothing between single quotes means anything but the next one.</summary>
    private static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
