using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>A gateway that passes everything on to one server, without asking who calls.</summary>
internal sealed class ForwardBed : IAsyncDisposable
{
    private readonly OriginServer? _origin;

    private ForwardBed(OriginServer? origin, GatewayUnderTest gateway) => (_origin, Gateway) = (origin, gateway);

    public GatewayUnderTest Gateway { get; }

    public Uri Url => Gateway.Url;

    /// <summary>A client without a key, which neither follows redirects nor unpacks.</summary>
    public HttpClient Client { get; private init; } = null!;

    /// <param name="answer">What the server behind does.</param>
    /// <param name="upstream">More settings of the upstream, as YAML in flow style: <c>retries: {attempts: 0}</c>.</param>
    /// <param name="route">More settings of the route, likewise.</param>
    /// <param name="protocols">What the server behind speaks.</param>
    /// <param name="more">More lines of the configuration.</param>
    /// <param name="time">A clock of the test's own; default the real one.</param>
    /// <param name="keys">More keys besides <c>test</c>, of the tenants <c>acme</c> and <c>globex</c>, in flow style.</param>
    /// <param name="services">Parts of the gateway that the test puts in the place of its own.</param>
    public static async Task<ForwardBed> StartAsync(
        RequestDelegate answer, string upstream = "", string route = "", HttpProtocols protocols = HttpProtocols.Http1, string more = "", TimeProvider? time = null,
        Action<IServiceCollection>? services = null, string keys = "")
    {
        var origin = await OriginServer.StartAsync(answer, protocols);
        return await StartAsync([origin.Url], upstream, route, more, origin, time, services: services, keys: keys);
    }

    /// <summary>A gateway in front of servers that exist already.</summary>
    public static async Task<ForwardBed> StartAsync(
        IEnumerable<Uri> targets, string upstream = "", string route = "", string more = "", OriginServer? origin = null, TimeProvider? time = null, ILoggerProvider? logs = null,
        Action<IServiceCollection>? services = null, string keys = "")
    {
        var gateway = await GatewayUnderTest.StartWholeAsync(Yaml(targets, upstream, route, more, keys), time, logs, services);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, EnableMultipleHttp2Connections = true, Expect100ContinueTimeout = TimeSpan.FromSeconds(30) };
        return new ForwardBed(origin, gateway) { Client = new HttpClient(handler) { BaseAddress = gateway.Url } };
    }

    public static string Yaml(IEnumerable<Uri> targets, string upstream = "", string route = "", string more = "", string keys = "")
    {
        var urls = string.Join(", ", targets.Select(url => "{url: \"" + url + "\"}"));
        var auth = route.Contains("auth:", StringComparison.Ordinal) ? "" : ", auth: [anonymous]";
        return $$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            tenants: {acme: { }{{(keys.Length > 0 ? ", globex: { }" : "")}} }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} }{{With(keys)}} }
            upstreams:
              origin: {targets: [{{urls}}]{{With(upstream)}} }
            routes:
              all: {path: /, upstream: origin{{auth + With(route)}} }
            {{more}}
            """;
    }

    private static string With(string settings) => settings.Length > 0 ? ", " + settings : "";

    /// <summary>Waits until the metrics say that a target is left out, or is not.</summary>
    public async Task UntilEjectedAsync(Uri target, bool ejected, CancellationToken cancellation)
    {
        var series = $"gateway_upstream_ejected{{target=\"{target.Authority}\",upstream=\"origin\"}} {(ejected ? 1 : 0)}";
        using var admin = new HttpClient { BaseAddress = Gateway.AdminAddress };
        while (!(await admin.GetStringAsync("/metrics", cancellation)).Contains(series, StringComparison.Ordinal)) await Task.Delay(20, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Gateway.DisposeAsync();
        if (_origin is not null) await _origin.DisposeAsync();
    }
}
