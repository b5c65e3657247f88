using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Routing;

namespace OrleansGateway.Tests.Upstreams;

public sealed class ProviderGateTests
{
    private static readonly Failure Busy = new(Refusal.BadGateway("Busy."), TryNext: true, Status: 529);

    private readonly ManualTime _time = new();

    [Fact]
    public void TryEnter_BeyondTheBound_IsRefusedUntilOneLeaves()
    {
        var gate = new ProviderGates(_time).Of(ProviderWith(new AdaptiveSettings { Min = 1, Initial = 2 }))!;
        Assert.Equal([true, true, false], [gate.TryEnter(), gate.TryEnter(), gate.TryEnter()]);
        gate.Leave(failure: null, toFirstByte: null);
        Assert.Equal([true, false], [gate.TryEnter(), gate.TryEnter()]);
    }

    [Fact]
    public void TryEnter_AfterTheProviderSaidItWasTooMuch_LetsFewerPass()
    {
        var gate = new ProviderGates(_time).Of(ProviderWith(new AdaptiveSettings { Min = 1, Initial = 4, BackoffPercent = 50 }))!;
        Assert.True(gate.TryEnter());
        _time.Advance(TimeSpan.FromSeconds(1));
        gate.Leave(Busy, toFirstByte: null);
        Assert.Equal([true, true, false], [gate.TryEnter(), gate.TryEnter(), gate.TryEnter()]);
    }

    [Fact]
    public void Of_AfterAReload_KeepsWhatIsInFlightAndWhatItFound()
    {
        var gates = new ProviderGates(_time);
        var gate = gates.Of(ProviderWith(new AdaptiveSettings { Min = 1, Initial = 4, BackoffPercent = 50 }))!;
        Assert.True(gate.TryEnter() && gate.TryEnter());
        _time.Advance(TimeSpan.FromSeconds(1));
        gate.Leave(Busy, toFirstByte: null);

        var same = gates.Of(ProviderWith(new AdaptiveSettings { Min = 1, Initial = 4, BackoffPercent = 50 }))!;
        Assert.Equal([true, false], [same.TryEnter(), same.TryEnter()]);
        var other = gates.Of(ProviderWith(new AdaptiveSettings { Min = 1, Initial = 3 }))!;
        Assert.Equal([true, false], [other.TryEnter(), other.TryEnter()]);
        Assert.Null(gates.Of(ProviderWith(null)));
    }

    private static Provider ProviderWith(AdaptiveSettings? settings) => new("p", new ProviderSettings { Kind = ProviderKind.Fake, AdaptiveConcurrency = settings });
}
