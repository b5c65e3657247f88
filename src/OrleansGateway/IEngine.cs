using System.CommandLine;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>What a program runs a gateway on, in place of the engine of one machine (<see cref="EmbeddedEngine"/>).</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Whether clients are served here. Else only the engine runs, for gateways elsewhere.</summary>
    bool HasEdge { get; }

    /// <summary>One line for the operator: what runs here and where it is called.</summary>
    string Greeting { get; }

    /// <summary>Cancelled when this node is told, by way of others, to leave as if it had been stopped.</summary>
    CancellationToken ToldToLeave { get; }

    /// <summary>The ports, and what stands behind them.</summary>
    void AddPorts(IServiceCollection services, string stateFolder);

    /// <summary>Shows the engine's own figures and troubles where those of its node are shown. To be called once.</summary>
    void Observe(GatewayMetrics metrics, Readiness readiness);

    /// <summary>Other limits may be in force. To be called where there is no edge; an edge tells its engine in its turn.</summary>
    void RulesChanged();

    /// <summary>Hands over what it has and leaves, once nothing calls it from here any more.</summary>
    Task StopAsync();
}

/// <summary>Opens an engine for <c>serve</c>. Throws <see cref="IOException"/> or <see cref="Storage.StorageException"/>, in words for an operator, if it cannot be.</summary>
internal delegate Task<IEngine> EngineOpener(ParseResult parsed, SnapshotSource configuration, ILoggerFactory logs, CancellationToken cancellation);
