using System.Net;
using System.Net.Sockets;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>Reloads that change the addresses clients call, while they call.</summary>
public sealed class ListenerReloadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Reload_ThatAddsThenRemovesAListener_FinishesItsRequestsAndDisturbsNoOther()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(upstream);
        using var load = new Load(gateway.Url);
        var added = $"127.0.0.1:{FreePort()}";

        await ApplyAsync(gateway, upstream, "127.0.0.1:0", added);
        await load.PassAsync();
        Assert.Equal([gateway.Url, new Uri($"http://{added}")], gateway.Host.DataAddresses);
        using var stream = await StreamInFlight.OpenAsync(gateway.Client, new Uri($"http://{added}"), Cancel);

        await ApplyAsync(gateway, upstream, "127.0.0.1:0");
        await GatewayCalls.RefusedAsync(new Uri($"http://{added}"), Cancel);
        await load.PassAsync();
        gate.SetResult();
        await stream.FinishAsync(Cancel);
        await load.EndAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Reload_ThatMovesTheOnlyListener_FinishesWhatIsInFlightOnTheOldAddress()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        await using var gateway = await StartAsync(upstream);
        var (old, moved) = (gateway.Url, $"127.0.0.1:{FreePort()}");
        using var stream = await StreamInFlight.OpenAsync(gateway.Client, old, Cancel);

        await ApplyAsync(gateway, upstream, moved);
        Assert.Equal([new Uri($"http://{moved}")], gateway.Host.DataAddresses);
        using var load = new Load(gateway.Url);
        await GatewayCalls.RefusedAsync(old, Cancel);
        await load.PassAsync();
        gate.SetResult();
        await stream.FinishAsync(Cancel);
        await load.EndAsync();

        // And back to an address it had before.
        await ApplyAsync(gateway, upstream, "127.0.0.1:0", moved);
        Assert.Equal(2, gateway.Host.DataAddresses.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reload_WithAnAddressThatCannotBeBound_RefusesAllOfIt()
    {
        await using var upstream = await MockUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        using var load = new Load(gateway.Url);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var (version, free) = (gateway.Host.Configuration.Current.Version, $"127.0.0.1:{FreePort()}");

        foreach (var (address, reason) in new[] { (other.LocalEndpoint.ToString()!, "Address already in use"), ("203.0.113.1:8080", "Cannot assign requested address") })
        {
            var refused = await ReloadAsync(gateway, upstream, free, address);
            Assert.Equal($"The address {address} cannot be bound: {reason}", Assert.Single(refused.Faults).Message);
            Assert.Equal((version, false), (refused.Version, refused.Changed));
            await load.PassAsync();
            // Neither is the one that could be bound, nor was the old one let go.
            await GatewayCalls.RefusedAsync(new Uri($"http://{free}"), Cancel);
            Assert.Equal([gateway.Url], gateway.Host.DataAddresses);
        }

        await load.EndAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Reload_WithSeveralPortsLeftToTheSystem_ListensOnEach()
    {
        await using var upstream = await MockUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var first = gateway.Url;
        await ApplyAsync(gateway, upstream, "127.0.0.1:0", "127.0.0.1:0");
        Assert.Equal(first, gateway.Host.DataAddresses[0]);
        Assert.Equal(2, gateway.Host.DataAddresses.Distinct().Count());
        foreach (var address in gateway.Host.DataAddresses) await gateway.Client.VersionAsync(address, Cancel);

        await ApplyAsync(gateway, upstream, "127.0.0.1:0");
        Assert.Equal([first], gateway.Host.DataAddresses);
    }

    private static async Task<GatewayUnderTest> StartAsync(MockUpstream upstream)
    {
        var gateway = await GatewayUnderTest.StartAsync("");
        await ApplyAsync(gateway, upstream, "127.0.0.1:0");
        return gateway;
    }

    private static async Task ApplyAsync(GatewayUnderTest gateway, MockUpstream upstream, params IEnumerable<string> data)
    {
        var result = await ReloadAsync(gateway, upstream, data);
        Assert.True(result.Changed, string.Join('\n', result.Faults));
    }

    private static Task<ReloadResult> ReloadAsync(GatewayUnderTest gateway, MockUpstream upstream, params IEnumerable<string> data)
    {
        File.WriteAllText(Path.Combine(gateway.Folder, "gateway.yaml"), OperationsFolder.Yaml(upstream.V1, "", string.Join("\", \"", data)));
        return gateway.Host.Configuration.ReloadAsync(Cancel);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Clients that call one address without a pause, each on a connection of its own; any failure shows.</summary>
    private sealed class Load : IDisposable
    {
        private const int Clients = 4, RequestsPassed = 100;
        private readonly HttpClient _client = new();
        private readonly SemaphoreSlim _answered = new(0);
        private readonly Task[] _calling;
        private bool _ending;

        public Load(Uri gateway) => _calling = [.. Enumerable.Range(0, Clients).Select(async _ =>
        {
            while (!Volatile.Read(ref _ending))
            {
                await _client.VersionAsync(gateway, Cancel);
                _answered.Release();
            }
        })];

        /// <summary>Waits until more requests have been answered.</summary>
        public async Task PassAsync()
        {
            while (_answered.Wait(0, Cancel))
            {
                // Those before do not count.
            }

            for (var answered = 0; answered < RequestsPassed; answered++)
            {
                if (Array.Find(_calling, c => c.IsFaulted) is { } failed) await failed;
                await _answered.WaitAsync(Cancel);
            }
        }

        public async Task EndAsync()
        {
            Volatile.Write(ref _ending, true);
            await Task.WhenAll(_calling);
        }

        public void Dispose()
        {
            _client.Dispose();
            _answered.Dispose();
        }
    }
}
