using OrleansGateway.Configuration;
using OrleansGateway.Scaling;

namespace OrleansGateway.Tests.Scaling;

/// <summary>
/// A deployment of gateways in Kubernetes, scaled by the real policy: it is asked every 15 s, a new pod takes its time until requests come to it, and one that is told to stop is
/// still called for a while, goes on for its drain delay, and then finishes what it has. Time is the simulation's own.
/// </summary>
internal sealed class SimulatedFleet
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    // Kubernetes' and KEDA's defaults.
    private static readonly TimeSpan s_askEvery = TimeSpan.FromSeconds(15);
    private const double Tolerance = 0.1;
    private const int PodsAtOnce = 4;

    // From the decision to the first request: a node with room, an image that is there, a start, a readiness probe, endpoints everywhere.
    private static readonly TimeSpan s_startMin = TimeSpan.FromSeconds(20);
    private const double StartSpreadSeconds = 10;

    // drain_delay is longer than it takes until nobody calls it any more.
    private static readonly TimeSpan s_stillCalled = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_drainDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(30);

    private readonly Random _random;
    private readonly ScalingTargetSettings _target;
    private readonly ScalingPolicy _policy = new();
    private readonly List<SimulatedNode> _nodes = [new(TimeSpan.Zero)];
    private ScalingVerdict _verdict;

    public SimulatedFleet(int seed, ScalingTargetSettings target) => (_random, _target) = (new Random(seed), target);

    public TimeSpan Now { get; private set; }

    public long Served { get; private set; }

    /// <summary>Requests that a gateway refused, or that came where none listened any more.</summary>
    public long Refused { get; private set; }

    /// <summary>Requests in flight in a gateway that was ended.</summary>
    public long CutOff { get; private set; }

    /// <summary>Gateways that there should be.</summary>
    public int Replicas { get; private set; } = 1;

    public int ReplicasMax { get; private set; } = 1;

    /// <summary>Gateways that requests come to.</summary>
    public int Serving => Called.Count();

    public int Draining => _nodes.Count(n => n.StoppedAt is not null);

    public string Reason => _verdict.Reason;

    public long InFlight => _nodes.Sum(n => n.InFlight);

    public double CpuMax => _nodes.Max(n => n.Cpu);

    public TimeSpan WaitMax { get; private set; }

    private IEnumerable<SimulatedNode> Called => _nodes.Where(n => n.ReadyAt <= Now && !(n.StoppedAt + s_stillCalled <= Now));

    /// <summary>Runs on, with so many requests a second at each time since the begin of this run.</summary>
    public void Run(TimeSpan duration, Func<TimeSpan, double> rate)
    {
        for (var (began, end) = (Now, Now + duration); Now < end;)
        {
            Now += s_step;
            Arrive(rate(Now - began) * s_step.TotalSeconds);
            foreach (var node in _nodes) node.Work(s_step, Now);
            WaitMax = _nodes.Max(n => n.Wait) is var wait && wait > WaitMax ? wait : WaitMax;
            End();
            if (Now.Ticks % ScalingWatch.Period.Ticks == 0) _verdict = _policy.Take(FleetLoad.Of([.. _nodes.Where(n => n.ReadyAt <= Now).Select(n => n.Look(Now))]), _target, Now);
            if (Now.Ticks % s_askEvery.Ticks == 0) Scale();
        }
    }

    private void Arrive(double mean)
    {
        var called = Called.ToArray();
        foreach (var node in called)
        {
            var requests = Drawn(mean / called.Length);
            var refused = node.StoppedAt + s_drainDelay <= Now ? requests : node.Take(requests, Now, _random);
            (Served, Refused) = (Served + requests - refused, Refused + refused);
        }
    }

    // As many as come by chance: of so many together, Poisson's and the normal distribution are the same.
    private long Drawn(double mean)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return Math.Max(0, (long)Math.Round(mean + Math.Sqrt(mean) * normal));
    }

    private void End()
    {
        foreach (var node in _nodes.Where(n => n.StoppedAt is not null).ToArray())
        {
            var isOver = Now - node.StoppedAt >= s_drainDelay + s_drainTimeout;
            if (!isOver && (Now - node.StoppedAt < s_drainDelay || node.InFlight > 0)) continue;
            CutOff += node.InFlight;
            _nodes.Remove(node);
        }
    }

    /// <summary>What the horizontal pod autoscaler makes of one figure of which each replica should have 1.</summary>
    private void Scale()
    {
        if (Math.Abs(_verdict.Replicas / (double)Replicas - 1) <= Tolerance) return;
        Replicas = Math.Min(_verdict.Replicas, Math.Max(Replicas * 2, Replicas + PodsAtOnce));
        ReplicasMax = Math.Max(ReplicasMax, Replicas);
        var kept = _nodes.Where(n => n.StoppedAt is null).ToList();
        for (var more = Replicas - kept.Count; more > 0; more--) _nodes.Add(new SimulatedNode(Now + s_startMin + TimeSpan.FromSeconds(_random.NextDouble() * StartSpreadSeconds)));
        // Those that are not ready yet go first, then the newest: as a ReplicaSet does.
        foreach (var node in kept.OrderByDescending(n => n.ReadyAt).Take(kept.Count - Replicas)) node.StoppedAt = Now;
    }
}
