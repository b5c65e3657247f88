using OrleansGateway.Scaling;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="NodeLoad"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.node-load")]
internal readonly record struct WireNodeLoad
{
    [Id(0)]
    public bool IsCalled { get; init; }

    [Id(1)]
    public long RequestsInFlight { get; init; }

    [Id(2)]
    public TimeSpan AdmissionWait { get; init; }

    [Id(3)]
    public double Cpu { get; init; }

    [Id(4)]
    public TimeSpan UsageLag { get; init; }

    public static WireNodeLoad Of(NodeLoad load) => new()
    {
        IsCalled = load.IsCalled,
        RequestsInFlight = load.RequestsInFlight,
        AdmissionWait = load.AdmissionWait,
        Cpu = load.Cpu,
        UsageLag = load.UsageLag,
    };

    public NodeLoad ToLoad() => new(IsCalled, RequestsInFlight, AdmissionWait, Cpu, UsageLag);
}
