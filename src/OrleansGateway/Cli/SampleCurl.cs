using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary>A curl command that works as it stands: the first key whose text is known, the first model.</summary>
internal static class SampleCurl
{
    public static string? Write(GatewaySettings settings, Uri address)
    {
        var key = settings.Keys.Values.FirstOrDefault(k => k.Secret is not null)?.Secret;
        var model = settings.Models.Keys.FirstOrDefault();
        var route = settings.Routes.Values.FirstOrDefault();
        if (key is null || model is null || route is null) return null;
        var url = new Uri(address, route.Path + "v1/chat/completions");
        var body = $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello, gateway!"}]}""";
        return $"curl {url} -H 'Authorization: Bearer {key.Reveal()}' -H 'Content-Type: application/json' -d '{body}'";
    }
}
