namespace OrleansGateway.Shedding;

/// <summary>The load at one moment.</summary>
/// <param name="Memory">Memory held, as a share of what the process may have: 1 is all of it.</param>
/// <param name="QueueDelay">How long work that was ready waited for a thread.</param>
/// <param name="InFlight">Requests in flight.</param>
internal readonly record struct LoadSample(double Memory, TimeSpan QueueDelay, long InFlight);
