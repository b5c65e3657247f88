using System.Text.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>What the streams came to, second by second and as a whole.</summary>
internal sealed class StreamsReport(Target target, int count)
{
    private const int BrokenShown = 5;

    private readonly List<(double Second, int Open, double ResidentMB, double Cpu, int Events)> _seconds = [];
    private int _opened;
    private int _closed;
    private int _broken;

    /// <summary>From the mock's sending of an event to its arrival.</summary>
    public Samples Delays { get; } = new();

    /// <summary>From the sending of a request to the first event.</summary>
    public Samples FirstEvents { get; } = new();

    public void Opened() => Interlocked.Increment(ref _opened);

    public void Closed() => Interlocked.Increment(ref _closed);

    public void Broken(Exception why)
    {
        if (Interlocked.Increment(ref _broken) <= BrokenShown) Console.WriteLine($"broken: {why.Message}");
    }

    public void Sample(TimeSpan since, double residentMB, double cpu) =>
        _seconds.Add((since.TotalSeconds, _opened - _closed - _broken, residentMB, cpu, Delays.Count));

    /// <summary>Prints a table and a line of JSON; false if an event is lost, a stream broke, or a bound is not kept.</summary>
    public bool Print(TimeSpan duration, Bounds bounds)
    {
        Console.WriteLine("second   open   resident MB   CPU of a core   events");
        foreach (var s in _seconds.Where((_, i) => i % 5 == 4)) Console.WriteLine($"{s.Second,6:N0} {s.Open,6} {s.ResidentMB,13:N1} {s.Cpu,15:P0} {s.Events,8:N0}");
        Console.WriteLine(Delays.Table("delay of an event"));
        Console.WriteLine(FirstEvents.Table("time to first event"));

        var steady = _seconds.Where(s => s.Second <= duration.TotalSeconds).ToArray();
        var (early, late) = (MedianMB(steady, 1, 2), MedianMB(steady, 3, 4));
        var cpu = steady.Length < 8 ? 0 : CpuPerEvent(steady[(steady.Length / 4)..]);
        Console.WriteLine($"memory {early:N1} MB in the second quarter, {late:N1} MB in the last, CPU {cpu:N1} us per event; {_closed:N0} streams whole, {_broken} broken");
        var kept = _broken == 0 && _closed > 0 && Delays.Micros(0.99) <= bounds.DelayP99MaxMs * 1000 && late - early <= bounds.GrowthMaxMB;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kind = "streams",
            url = target.Url,
            count,
            seconds = duration.TotalSeconds,
            kept,
            events = Delays.Count,
            streams_whole = _closed,
            streams_broken = _broken,
            delay_p50_us = Delays.Micros(0.5),
            delay_p99_us = Delays.Micros(0.99),
            delay_p999_us = Delays.Micros(0.999),
            delay_max_us = Delays.Micros(1),
            first_event_p50_us = FirstEvents.Micros(0.5),
            first_event_p99_us = FirstEvents.Micros(0.99),
            resident_early_mb = Math.Round(early, 1),
            resident_late_mb = Math.Round(late, 1),
            resident_max_mb = Math.Round(_seconds.Select(s => s.ResidentMB).DefaultIfEmpty().Max(), 1),
            cpu_us_per_event = Math.Round(cpu, 1),
        }));
        return kept;
    }

    // The first quarter is left out: streams still open, code is compiled, pools fill.
    private static double MedianMB((double Second, int Open, double ResidentMB, double Cpu, int Events)[] steady, int fromQuarter, int toQuarter)
    {
        var part = steady[(steady.Length * fromQuarter / 4)..(steady.Length * toQuarter / 4)].Select(s => s.ResidentMB).Order().ToArray();
        return part.Length == 0 ? 0 : part[part.Length / 2];
    }

    private static double CpuPerEvent((double Second, int Open, double ResidentMB, double Cpu, int Events)[] part)
    {
        var events = part[^1].Events - part[0].Events;
        return events == 0 ? 0 : part.Skip(1).Zip(part, (b, a) => b.Cpu * (b.Second - a.Second)).Sum() * 1e6 / events;
    }

    /// <summary>What must be kept: p99 of an event's delay in milliseconds, growth of memory in MB.</summary>
    internal sealed record Bounds(double DelayP99MaxMs, double GrowthMaxMB);
}
