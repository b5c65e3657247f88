using Microsoft.Extensions.Logging;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Auth;

/// <summary>All that verifies tokens, put together as the gateway does.</summary>
internal sealed class TestTokens : IAsyncDisposable
{
    private readonly JwkClient _client = new();
    private readonly GatewayMetrics _metrics = new();

    public TestTokens(Func<Snapshot> current, TimeProvider time, ILoggerFactory logs)
    {
        Keys = new IssuerKeys(_client, current, _metrics, time, logs.CreateLogger<IssuerKeys>());
        Callers = new TokenCallers(new TokenVerifier(Keys, time), new TokenCache(), time);
    }

    public IssuerKeys Keys { get; }
    public TokenCallers Callers { get; }

    public async ValueTask DisposeAsync()
    {
        await Keys.DisposeAsync();
        _client.Dispose();
        _metrics.Dispose();
    }
}
