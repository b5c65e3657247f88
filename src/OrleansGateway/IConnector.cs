using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>Speaks to others than by HTTP, for as long as the gateway runs. A program adds what it has; the library has none.</summary>
internal interface IConnector
{
    /// <summary>Runs until it is told to end, whatever becomes of those it speaks to. What it was at is done again after the next start.</summary>
    Task RunAsync(CancellationToken cancellation);

    /// <summary>What an operator should know of it now.</summary>
    IEnumerable<Trouble> Troubles();
}
