using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>A whole gateway whose listeners a test states, with routes that need no upstream.</summary>
internal static class ListenerBed
{
    /// <summary>What is served besides the route: the model API with a fake provider, for callers with a key.</summary>
    public const string Served = """
        access_log: {output: access.log}
        tenants: {acme: {}}
        keys: {test: {tenant: acme, secret: test-key-0123456789-0123456789}}
        providers: {fake: {kind: fake}}
        models: {m: {targets: [{provider: fake}]}}

        """;

    /// <summary>A request that is answered with 200.</summary>
    public const string GoodRequest = $"GET /v1/models HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\n\r\n";

    public const string DefaultRoute = "routes: {default: {path: /}}\n";

    /// <summary>Starts one with a single listener on a free port; <paramref name="listener"/> are its other fields.</summary>
    public static Task<GatewayUnderTest> StartAsync(string listener = "", string more = "", string listeners = "", string routes = DefaultRoute) =>
        GatewayUnderTest.StartWholeAsync(Yaml(listener, more, listeners, routes));

    public static string Yaml(string listener, string more = "", string listeners = "", string routes = DefaultRoute) =>
        $"listeners: {{data: [{{address: \"127.0.0.1:0\"{(listener.Length > 0 ? ", " : "")}{listener}}}], admin: \"127.0.0.1:0\"{(listeners.Length > 0 ? ", " : "")}{listeners}}}\n{Served}{more}{routes}";
}
