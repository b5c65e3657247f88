using System.Diagnostics;

namespace OrleansGateway.Bench.Load;

/// <summary>Times as timestamps of the monotonic clock, all kept: percentiles are exact.</summary>
internal sealed class Samples
{
    private readonly Lock _gate = new();
    private readonly List<long> _all = new(1 << 20);
    private bool _sorted;

    public int Count => _all.Count;

    public void Add(long ticks)
    {
        lock (_gate) _all.Add(ticks);
    }

    /// <summary>The time that the given part of all is at most, in microseconds; 0 if there is none.</summary>
    public double Micros(double part)
    {
        lock (_gate)
        {
            if (_all.Count == 0) return 0;
            if (!_sorted) _all.Sort();
            _sorted = true;
            var at = Math.Min(_all.Count - 1, (int)Math.Ceiling(part * _all.Count) - 1);
            return Math.Round(Stopwatch.GetElapsedTime(0, _all[Math.Max(0, at)]).TotalMicroseconds, 1);
        }
    }

    public string Table(string name) =>
        $"{name,-22} {Count,9:N0}   p50 {Micros(0.5),9:N0} us   p99 {Micros(0.99),9:N0} us   p99.9 {Micros(0.999),9:N0} us   max {Micros(1),9:N0} us";
}
