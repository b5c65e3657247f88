using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Listeners;
using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Cluster.Tests;

/// <summary>Nodes that show each other certificates, and those that have none or others.</summary>
public sealed partial class ClusterTlsTests
{
    private const string Rules = $$"""
        access_log: { output: "off" }
        tenants: { acme: {} }
        keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
        providers: { fake: { kind: fake } }
        models: { free: { targets: [ { provider: fake } ] } }
        routes: { default: { path: / } }
        rate_limits:
          per-key: { per: [key], limit: 100, window: 7d, algorithm: token_bucket }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Limit_OverTwoSilosAndAnEdge_IsServedExactly_AndStrangersAreRefused()
    {
        using var certificates = new TestCertificates();
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel, certificates.WriteNode("node"), certificates);
        var silos = await Task.WhenAll(cluster.AddSiloAsync(Cancel), cluster.AddSiloAsync(Cancel));
        var edge = await cluster.AddGatewayAsync("edge", Cancel);
        Assert.Equal(100, await UseUpAsync(edge));
        Assert.All(silos, silo => Assert.DoesNotContain("not encrypted", silo.Errors.Text, StringComparison.Ordinal));

        foreach (var port in PortsOf(silos[0]))
        {
            await CallPlainAsync(port);
            await CallWithoutCertificateAsync(port);
        }

        // Not all of them are told of: strangers must not fill the log.
        while (!silos[0].Errors.Text.Contains("it does not speak TLS", StringComparison.Ordinal)) await CallPlainAsync(PortsOf(silos[0])[0]);
        while (!silos[0].Errors.Text.Contains("it shows no certificate", StringComparison.Ordinal)) await CallWithoutCertificateAsync(PortsOf(silos[0])[0]);

        // Nodes whose certificates are others from now on go on, and so does one that comes.
        certificates.WriteNode("node");
        foreach (var node in silos.Append(edge.Process))
        {
            node.Signal(PosixSignal.SIGHUP);
            await node.Errors.WaitForAsync("Configuration version", Cancel);
        }

        await cluster.AddSiloAsync(Cancel);
        Assert.Equal(HttpStatusCode.TooManyRequests, await CallAsync(edge));
    }

    [Theory(Timeout = 300_000)]
    [InlineData(true)] [InlineData(false)]
    public async Task Node_WithAForeignCertificateOrNone_DoesNotJoin(bool hasCertificate)
    {
        using var certificates = new TestCertificates();
        using var foreign = new TestCertificates("Another CA");
        await using var cluster = await TestCluster.StartAsync(Rules, silos: 0, Cancel, certificates.WriteNode("node"));
        var gateway = await cluster.AddGatewayAsync("both", Cancel);
        await using var stranger = await cluster.LaunchAsync("silo", hasCertificate ? foreign.WriteNode("stranger") : null, Cancel);

        var refusal = await gateway.Process.Errors.WaitForAsync("Refused a connection", Cancel);
        if (hasCertificate) await stranger.Errors.WaitForAsync("cannot be called: its certificate (CN=node)", Cancel);
        else Assert.Contains("it does not speak TLS", refusal, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await CallAsync(gateway));
        Assert.DoesNotContain("Silo of the cluster", stranger.Output.Text, StringComparison.Ordinal);
    }

    private static async Task<int> UseUpAsync(ClusterGateway gateway)
    {
        var granted = 0;
        while (true)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CallAsync(gateway)));
            Assert.All(statuses, s => Assert.True(s is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, s.ToString()));
            granted += statuses.Count(s => s == HttpStatusCode.OK);
            if (statuses.All(s => s == HttpStatusCode.TooManyRequests)) return granted;
        }
    }

    private static async Task<HttpStatusCode> CallAsync(ClusterGateway gateway)
    {
        var body = new { model = "free", max_tokens = 10, messages = new[] { new { role = "user", content = "Hello" } } };
        using var response = await gateway.Client.PostAsJsonAsync("/v1/chat/completions", body, Cancel);
        return response.StatusCode;
    }

    private static async Task CallPlainAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), Cancel);
        await EndAsync(client.GetStream());
    }

    private static async Task CallWithoutCertificateAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
#pragma warning disable CA5359 // Whoever it is: the question is what they make of us.
        await using var tls = new SslStream(client.GetStream(), false, static (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "node" }, Cancel);
        await EndAsync(tls);
    }

    private static async Task EndAsync(Stream stream)
    {
        try
        {
            var buffer = new byte[1024];
            while (await stream.ReadAsync(buffer, Cancel) > 0)
            {
                // An alert, at most.
            }
        }
        catch (IOException)
        {
            // That is an end too.
        }
    }

    private static int[] PortsOf(GatewayProcess silo)
    {
        var text = File.ReadAllText(Path.Combine(silo.Folder, "gateway.yaml"));
        return [.. PortInText().Matches(text).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex("(?:silo: \"127.0.0.1:|edge_port: )([0-9]+)")]
    private static partial Regex PortInText();
}
