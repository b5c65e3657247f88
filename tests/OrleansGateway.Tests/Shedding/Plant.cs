using OrleansGateway.Configuration;
using OrleansGateway.Shedding;

namespace OrleansGateway.Tests.Shedding;

/// <summary>
/// One processor that works requests off in turn, 1 ms each, and a core that looks at it every 100 ms and refuses at its door. Time is the simulation's own.
/// </summary>
internal sealed class Plant(int seed)
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);
    private const double WorkPerRequest = 0.001;

    private readonly Random _random = new(seed);
    private readonly OverloadSettings _settings = new();
    private ShedCore _core = new();
    private TimeSpan _now;
    private double _backlog;

    public ShedCore Core => _core;

    /// <summary>Seconds of work that wait.</summary>
    public double Backlog => _backlog;

    /// <summary>Memory held, as the core is told.</summary>
    public double Memory { get; set; } = 0.2;

    /// <summary>The longest that work has waited since the last <see cref="Forget"/>.</summary>
    public double BacklogMax { get; private set; }

    /// <summary>Times the level has changed since the last <see cref="Forget"/>.</summary>
    public int Changes { get; private set; }

    /// <summary>Taken and refused by priority since the last <see cref="Forget"/>.</summary>
    public long[] Taken { get; } = new long[3];

    public long[] Refused { get; } = new long[3];

    /// <summary>Lets requests come, as many a second of each priority, at times of their own.</summary>
    public void Run(TimeSpan duration, int low, int normal, int high)
    {
        for (var end = _now + duration; _now < end;)
        {
            _now += s_step;
            Arrive(RoutePriority.Low, low);
            Arrive(RoutePriority.Normal, normal);
            Arrive(RoutePriority.High, high);
            _backlog = Math.Max(0, _backlog - s_step.TotalSeconds);
            BacklogMax = Math.Max(BacklogMax, _backlog);
            if (_now.Ticks % Overload.Period.Ticks == 0) Look();
        }
    }

    public void Forget()
    {
        Array.Clear(Taken);
        Array.Clear(Refused);
        (Changes, BacklogMax) = (0, 0);
    }

    private void Look()
    {
        var level = _core.Level;
        _core.Take(new LoadSample(Memory, TimeSpan.FromSeconds(_backlog), 0), _settings, _now);
        if (_core.Level != level) Changes++;
    }

    private void Arrive(RoutePriority priority, int perSecond)
    {
        for (var count = Poisson(perSecond * s_step.TotalSeconds); count > 0; count--)
        {
            var refused = _random.NextDouble() < ShedCore.ShareRefused(_core.Depth, priority);
            (refused ? Refused : Taken)[(int)priority]++;
            if (!refused) _backlog += WorkPerRequest;
        }
    }

    private int Poisson(double mean)
    {
        var (count, product, end) = (-1, 1.0, Math.Exp(-mean));
        do
        {
            product *= _random.NextDouble();
            count++;
        }
        while (product > end);
        return count;
    }
}
