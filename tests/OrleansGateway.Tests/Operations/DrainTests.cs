using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansGateway.Tests.Telemetry;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>How the running program leaves service.</summary>
public sealed class DrainTests : IDisposable
{
    private const int Patience = 60_000;
    private readonly HttpClient _client = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Patience)]
    public async Task Stop_WithADrainDelay_SaysNotReadyAndGoesOnServingUntilItIsOver()
    {
        using var folder = new OperationsFolder(more: "drain_delay: 3s");
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using (var before = await ChatAsync(gateway)) Assert.Null(before.Headers.ConnectionClose);

        gateway.Signal(PosixSignal.SIGTERM);
        await _client.DrainingAsync(gateway.Admin, Cancel);
        // On a connection of its own: the listener still takes new ones.
        using var newcomer = new HttpClient();
        using (var during = await ChatAsync(gateway, newcomer))
        {
            Assert.Equal(HttpStatusCode.OK, during.StatusCode);
            Assert.True(during.Headers.ConnectionClose);
        }

        await GatewayCalls.RefusedAsync(gateway.Data, Cancel);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    // The request's head would otherwise hold the stop for 30 s, the drain timeout and Kestrel's own alike.
    [Fact(Timeout = 25_000)]
    public async Task Stop_WithHalfARequestAndNothingInFlight_DoesNotWaitForTheDrainTimeout()
    {
        using var folder = new OperationsFolder(more: "drain_timeout: 10m");
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Data.Host, gateway.Data.Port, Cancel);
        await client.GetStream().WriteAsync("GET /half"u8.ToArray(), Cancel);
        gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    [Fact(Timeout = Patience)]
    public async Task Stop_ThatCutsAStreamOff_SaysThatItWasTheGateway()
    {
        var never = new TaskCompletionSource();
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(never.Task));
        using var folder = new OperationsFolder(upstream.V1, "drain_timeout: 100ms");
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var stream = await StreamInFlight.OpenAsync(_client, gateway.Data, Cancel);
        gateway.Signal(PosixSignal.SIGTERM);
        await stream.BreakAsync(Cancel);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));

        var line = Assert.Single(AccessLogFixture.Lines(folder.PathOf("access.log")));
        Assert.Equal(("gateway_stopped", "gateway_stopped", 200),
            (line.GetProperty("outcome").GetString(), line.GetProperty("error").GetString(), line.GetProperty("status").GetInt32()));
    }

    [Fact(Timeout = Patience)]
    public async Task Client_ThatLeavesDuringTheDrain_IsStillTheOneThatLeft()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        using var folder = new OperationsFolder(upstream.V1);
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        var stream = await StreamInFlight.OpenAsync(_client, gateway.Data, Cancel);
        gateway.Signal(PosixSignal.SIGTERM);
        await _client.DrainingAsync(gateway.Admin, Cancel);
        stream.Dispose();
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
        Assert.Equal("client_aborted", Assert.Single(AccessLogFixture.Lines(folder.PathOf("access.log"))).GetProperty("outcome").GetString());
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> ChatAsync(GatewayProcess gateway, HttpClient? client = null)
    {
        using var request = GatewayCalls.Chat(gateway.Data, "quick", "hello");
        return await (client ?? _client).SendAsync(request, Cancel);
    }
}
