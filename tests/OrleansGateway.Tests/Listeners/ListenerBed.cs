using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>A whole gateway whose listeners a test states, with routes that need no upstream.</summary>
internal static class ListenerBed
{
    /// <summary>The model API below <c>/</c>, with a fake provider, for callers with a key; and below <c>/open/</c> a fixed answer for anyone.</summary>
    public const string Served = """
        access_log: {output: access.log}
        tenants: {acme: {}}
        keys: {test: {tenant: acme, secret: test-key-0123456789-0123456789}}
        providers: {fake: {kind: fake}}
        models: {m: {targets: [{provider: fake}]}}

        """;

    public const string DefaultRoute = "routes: {default: {path: /}}\n";

    /// <summary>Starts one with a single listener on a free port; <paramref name="listener"/> are its other fields.</summary>
    public static Task<GatewayUnderTest> StartAsync(string listener = "", string more = "", string listeners = "", string routes = DefaultRoute) =>
        GatewayUnderTest.StartWholeAsync(Yaml(listener, more, listeners, routes));

    public static string Yaml(string listener, string more = "", string listeners = "", string routes = DefaultRoute) =>
        $"listeners: {{data: [{{address: \"127.0.0.1:0\"{(listener.Length > 0 ? ", " : "")}{listener}}}], admin: \"127.0.0.1:0\"{(listeners.Length > 0 ? ", " : "")}{listeners}}}\n{Served}{more}{routes}";
}
