using OrleansGateway.Configuration;
using OrleansGateway.Scaling;
using OrleansGateway.Shedding;

namespace OrleansGateway.Tests.Scaling;

/// <summary>
/// A gateway on one processor, and behind it models that take their time. Who is refused the real core of overload says, from how long work waits and how many requests are in flight.
/// </summary>
internal sealed class SimulatedNode(TimeSpan readyAt)
{
    /// <summary>Requests a second that one processor bears: 51 us each, as measured (docs/benchmarks/latest.md).</summary>
    public const double Capacity = 18_500;

    /// <summary>How long a model takes.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(1);

    private static readonly OverloadSettings s_overload = new();

    private readonly Queue<(TimeSpan Ends, long Requests)> _away = [];
    private readonly QueueDelays _delays = new();
    private readonly CpuShare _share = new();
    private ShedCore _shed = new();
    private double _waiting;
    private TimeSpan _used;

    public TimeSpan ReadyAt => readyAt;

    /// <summary>When it was told to stop; none if it was not.</summary>
    public TimeSpan? StoppedAt { get; set; }

    public long InFlight { get; private set; }

    /// <summary>How long work waits now.</summary>
    public TimeSpan Wait => TimeSpan.FromSeconds(_waiting / Capacity);

    public double Cpu { get; private set; }

    /// <summary>Takes requests that come now; answers how many of them it refuses.</summary>
    public long Take(long requests, TimeSpan now, Random random)
    {
        long refused = 0;
        var share = ShedCore.ShareRefused(_shed.Depth, RoutePriority.Normal);
        if (share > 0)
        {
            for (var i = 0; i < requests; i++) refused += random.NextDouble() < share ? 1 : 0;
        }

        var room = ShedCore.InFlightMax(RoutePriority.Normal, s_overload.RequestsMax) - InFlight;
        refused = Math.Max(refused, requests - room);
        var taken = requests - refused;
        _away.Enqueue((now + Wait + Answer, taken));
        _waiting += taken;
        InFlight += taken;
        return refused;
    }

    /// <summary>Time passes, and work is done.</summary>
    public void Work(TimeSpan step, TimeSpan now)
    {
        var done = Math.Min(_waiting, Capacity * step.TotalSeconds);
        _waiting -= done;
        _used += TimeSpan.FromSeconds(done / Capacity);
        while (_away.TryPeek(out var first) && first.Ends <= now) InFlight -= _away.Dequeue().Requests;
        _delays.Add(Wait);
        _shed.Take(new LoadSample(0.3, Wait, InFlight), s_overload, now);
    }

    public NodeLoad Look(TimeSpan now)
    {
        Cpu = _share.Take(_used, 1, now);
        return new NodeLoad(InFlight > 0, InFlight, _delays.Ninetieth(), Cpu, TimeSpan.Zero);
    }
}
