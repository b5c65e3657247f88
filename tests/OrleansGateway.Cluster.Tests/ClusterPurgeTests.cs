using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Cluster.Tests;

/// <summary>Whole gateways with a cache each, in front of one origin: what a purge is acknowledged for, none of them serves any more.</summary>
public sealed class ClusterPurgeTests : IAsyncLifetime
{
    private readonly int[] _versions = new int[4];
    private WebApplication _origin = null!;
    private TestCluster _cluster = null!;
    private ClusterGateway[] _gateways = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _origin = await LoopbackApp.StartAsync(app => app.Map("/{page:int}", (HttpContext http, int page) =>
        {
            var version = Volatile.Read(ref _versions[page]);
            (http.Response.Headers.CacheControl, http.Response.Headers["Cache-Tag"]) = ("max-age=3600", TagOf(page));
            return version.ToString(CultureInfo.InvariantCulture);
        }));
        _cluster = await TestCluster.StartAsync($$"""
            access_log: { output: "off" }
            tenants: { acme: {} }
            keys: { test: { tenant: acme, secret: {{ClusterGateway.Key}} } }
            upstreams: { origin: { targets: [ { url: "{{LoopbackApp.AddressOf(_origin)}}" } ] } }
            routes: { all: { path: /, upstream: origin, auth: [key], cache: { scope: tenant } } }
            cache: { second_level: { timeout: 1s } }
            """, silos: 0, Cancel);
        _gateways = [await _cluster.AddGatewayAsync("both", Cancel), await _cluster.AddGatewayAsync("both", Cancel), await _cluster.AddGatewayAsync("edge", Cancel)];
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Purge_OnAnyNode_IsInForceOnAll_OnceItIsAcknowledged()
    {
        // Readers keep all pages stored, and fetches under way, while each page is changed and purged on one node after another.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var readers = _gateways.Select(async gateway =>
        {
            while (!stop.IsCancellationRequested) await ReadAsync(gateway, Random.Shared.Next(_versions.Length));
        }).ToArray();
        for (var round = 0; round < 40; round++)
        {
            var page = round % _versions.Length;
            var version = Interlocked.Increment(ref _versions[page]);
            await PurgeAsync(_gateways[round % _gateways.Length], page);
            Assert.All(await Task.WhenAll(_gateways.Select(g => ReadAsync(g, page))), v => Assert.True(v >= version, $"round {round}: {v} of {version}"));
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact(Timeout = 180_000)]
    public async Task Standstill_OfAnEdge_HoldsAPurgeUpUntilItMayServeNoMore_AndItServesNothingOlderAfterwards()
    {
        var edge = _gateways[2];
        Assert.Equal(0, await ReadAsync(edge, 1));
        for (var round = 0; round < 3; round++)
        {
            await TestCluster.SignalAsync(edge.Process, "STOP", Cancel);
            var version = Interlocked.Increment(ref _versions[1]);
            await PurgeAsync(_gateways[0], 1);
            // They wait in the edge's sockets, and are the first thing that it sees.
            var waiting = Task.WhenAll(Enumerable.Range(0, 30).Select(_ => ReadAsync(edge, 1)));
            await TestCluster.SignalAsync(edge.Process, "CONT", Cancel);
            Assert.All(await waiting, v => Assert.Equal(version, v));
            Assert.Equal(version, await ReadAsync(edge, 1));
        }
    }

    private static async Task<int> ReadAsync(ClusterGateway gateway, int page)
    {
        try
        {
            // By one name: what one of them has stored the others find.
            using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/{page}")) { Headers = { Host = "shop.example" } };
            using var response = await gateway.Client.SendAsync(request, Cancel);
            return int.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancel), CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException failed)
        {
            throw new InvalidOperationException($"{gateway.Process.Output.Text}\n{gateway.Process.Errors.Text}", failed);
        }
    }

    private static async Task PurgeAsync(ClusterGateway gateway, int page)
    {
        using var response = await gateway.Admin.PostAsJsonAsync("/admin/v1/purge", new { tenant = "acme", tags = new[] { TagOf(page) } }, Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static string TagOf(int page) => string.Create(CultureInfo.InvariantCulture, $"page-{page}");
}
