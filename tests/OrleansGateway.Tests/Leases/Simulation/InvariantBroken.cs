namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Something happened that must never happen.</summary>
internal sealed class InvariantBroken(string message) : Exception(message);
