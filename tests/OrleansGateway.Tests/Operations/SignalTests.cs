using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>What the running program does when it is signalled.</summary>
public sealed class SignalTests : IDisposable
{
    private const int Patience = 60_000;
    private readonly HttpClient _client = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Patience)]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Stop_WithAStreamInFlight_FinishesItTakesNoMoreAndEndsWithZero(PosixSignal signal)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        using var folder = new OperationsFolder(upstream.V1);
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var stream = await StreamInFlight.OpenAsync(_client, gateway.Data, Cancel);
        using (var ready = await _client.GetAsync(new Uri(gateway.Admin, "/readyz"), Cancel)) Assert.Equal(HttpStatusCode.OK, ready.StatusCode);

        gateway.Signal(signal);
        await _client.DrainingAsync(gateway.Admin, Cancel);
        await GatewayCalls.RefusedAsync(gateway.Data, Cancel);

        gate.SetResult();
        await stream.FinishAsync(Cancel);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    [Fact(Timeout = Patience)]
    public async Task Stop_WhenAStreamOutlastsTheDrainTimeout_BreaksItOffAndEndsWithZero()
    {
        var never = new TaskCompletionSource();
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(never.Task));
        using var folder = new OperationsFolder(upstream.V1, "drain_timeout: 100ms");
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var stream = await StreamInFlight.OpenAsync(_client, gateway.Data, Cancel);

        gateway.Signal(PosixSignal.SIGTERM);
        await stream.BreakAsync(Cancel);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    [Fact(Timeout = Patience)]
    public async Task Stop_InTheMiddleOfTheStart_EndsWithZero()
    {
        using var folder = new OperationsFolder();
        await using var gateway = GatewayProcess.Start(folder.Path, "serve", "--config", "gateway.yaml");
        await gateway.Errors.WaitForAsync("gateway.yaml loaded", Cancel);
        gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    // Kestrel by itself would wait 30 s for the rest of each head.
    [Fact(Timeout = 25_000)]
    public async Task Stop_WithConnectionsSilentInTheMiddleOfARequest_WaitsForNoneBeyondTheDrainTimeout()
    {
        using var folder = new OperationsFolder(more: "drain_timeout: 100ms");
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var data = await HalfAsync(gateway.Data);
        using var admin = await HalfAsync(gateway.Admin);
        gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));

        static async Task<TcpClient> HalfAsync(Uri address)
        {
            var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, Cancel);
            await client.GetStream().WriteAsync("GET /half"u8.ToArray(), Cancel);
            return client;
        }
    }

    [Fact(Timeout = Patience)]
    public async Task Hangup_WhileDraining_NeitherEndsTheStreamNorOpensTheListenerAgain()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await MockUpstream.StartAsync(_ => StreamInFlight.Answer(gate.Task));
        using var folder = new OperationsFolder(upstream.V1);
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        var token = (await gateway.Output.WaitForAsync("Admin token", Cancel)).Split(' ')[^1];
        using var stream = await StreamInFlight.OpenAsync(_client, gateway.Data, Cancel);

        gateway.Signal(PosixSignal.SIGTERM);
        await _client.DrainingAsync(gateway.Admin, Cancel);
        await GatewayCalls.RefusedAsync(gateway.Data, Cancel);
        folder.Write(OperationsFolder.Yaml(upstream.V1, "drain_timeout: 31s"));
        gateway.Signal(PosixSignal.SIGHUP);
        await Assert.ThrowsAnyAsync<Exception>(() => _client.AdminAsync(gateway.Admin, token, "/config/reload", "", Cancel));
        await GatewayCalls.RefusedAsync(gateway.Data, Cancel);

        gate.SetResult();
        await stream.FinishAsync(Cancel);
        Assert.Equal(0, await gateway.ExitAsync(Cancel));
    }

    [Fact(Timeout = Patience)]
    public async Task Hangup_WithAValidFile_TakesItOver()
    {
        using var folder = new OperationsFolder();
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        Assert.StartsWith("1-", await _client.VersionAsync(gateway.Data, Cancel), StringComparison.Ordinal);

        folder.Write(OperationsFolder.Yaml(null, "drain_timeout: 31s"));
        gateway.Signal(PosixSignal.SIGHUP);
        await gateway.Errors.WaitForAsync("replaced by 2-", Cancel);
        Assert.StartsWith("2-", await _client.VersionAsync(gateway.Data, Cancel), StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task Hangup_WithAnInvalidFile_NamesEveryFaultAndGoesOnAsBefore()
    {
        using var folder = new OperationsFolder();
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        var before = await _client.VersionAsync(gateway.Data, Cancel);

        folder.Write(OperationsFolder.Yaml(null, "drain_timeout: soon\nlimits: {request_body_max: 1}\nspelling: wrong"));
        gateway.Signal(PosixSignal.SIGHUP);
        await gateway.Errors.WaitForAsync("refused, 3 faults", Cancel);
        foreach (var fault in (string[])["gateway.yaml:12:16: drain_timeout: ", "gateway.yaml:13:28: limits.request_body_max: ", "gateway.yaml:14:1: spelling: "])
            await gateway.Errors.WaitForAsync(fault, Cancel);
        Assert.Equal(before, await _client.VersionAsync(gateway.Data, Cancel));

        folder.Write(OperationsFolder.Yaml(null, "drain_timeout: 31s"));
        gateway.Signal(PosixSignal.SIGHUP);
        await gateway.Errors.WaitForAsync("replaced by 2-", Cancel);
    }

    public void Dispose() => _client.Dispose();
}
