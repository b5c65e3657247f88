using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>gRPC and WebSocket by way of the gateway, with the libraries from npm on both ends.</summary>
public sealed class ProtocolProgramTests
{
    [Fact(Timeout = 120_000)]
    public Task Grpc_ByWayOfTheGateway_WorksInEveryShape() => RunAsync("grpc", "protocol: http2");

    [Fact(Timeout = 120_000)]
    public Task WebSocket_ByWayOfTheGateway_PassesAsSent() => RunAsync("websocket", "");

    private static async Task RunAsync(string program, string upstream)
    {
        var port = OriginProcess.FreePort();
        await using var bed = await ForwardBed.StartAsync([new Uri($"http://127.0.0.1:{port}")], upstream, "request_body_max: 64MiB");
        var server = new SdkServer(bed.Url, "none") { Environment = new Dictionary<string, string> { ["UPSTREAM_PORT"] = port.ToString(CultureInfo.InvariantCulture) } };
        (await NodeProgram.RunAsync(program, server)).AssertPassed();
    }
}
