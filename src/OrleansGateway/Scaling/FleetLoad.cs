namespace OrleansGateway.Scaling;

/// <summary>The load of one gateway.</summary>
/// <param name="IsCalled">Whether requests of clients came, or are in flight, since it was looked at before.</param>
/// <param name="RequestsInFlight">Requests in flight, streams among them.</param>
/// <param name="AdmissionWait">How long work that was ready waited for a thread: of ten times nine, no longer.</param>
/// <param name="Cpu">Share of the processors it may use that it uses: 1 is all of them.</param>
/// <param name="UsageLag">Age of the oldest usage record that is not in the store.</param>
internal readonly record struct NodeLoad(bool IsCalled, long RequestsInFlight, TimeSpan AdmissionWait, double Cpu, TimeSpan UsageLag);

/// <summary>The load of all gateways that serve together.</summary>
/// <param name="Nodes">How many there are: at least 1.</param>
/// <param name="IsCalled">Whether any was called.</param>
/// <param name="RequestsInFlight">Of all together.</param>
/// <param name="AdmissionWait">The mean: one that is slow by itself is not helped by more beside it.</param>
/// <param name="Cpu">The mean.</param>
/// <param name="UsageLag">The longest.</param>
internal readonly record struct FleetLoad(int Nodes, bool IsCalled, long RequestsInFlight, TimeSpan AdmissionWait, double Cpu, TimeSpan UsageLag)
{
    public static FleetLoad Of(IReadOnlyCollection<NodeLoad> nodes) => new(
        nodes.Count,
        nodes.Any(n => n.IsCalled),
        nodes.Sum(n => n.RequestsInFlight),
        TimeSpan.FromTicks((long)nodes.Average(n => n.AdmissionWait.Ticks)),
        nodes.Average(n => n.Cpu),
        nodes.Max(n => n.UsageLag));
}
