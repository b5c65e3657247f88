using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace OrleansGateway.Bench.Micro;

/// <summary>A request is admitted from leases, and ended: beside .NET's limiters, chained as ASP.NET Core chains them.</summary>
public class AdmissionBenchmarks
{
    private Action _twelve = null!;
    private Action _three = null!;
    private PartitionedRateLimiter<string> _chained = null!;

    [GlobalSetup]
    public void SetUp()
    {
        // They live as long as the process: no field to dispose of.
        _twelve = new AdmissionRig(12).AdmitAndSettle;
        _three = new AdmissionRig(3).AdmitAndSettle;
        _chained = Chained();
    }

    [GlobalCleanup]
    public void CleanUp() => _chained.Dispose();

    [Benchmark]
    public void AdmitAndSettle12Accounts() => _twelve();

    [Benchmark]
    public void AdmitAndSettle3Accounts() => _three();

    /// <summary>The nearest of what .NET has: tokens cannot be given back there, and there is no money.</summary>
    [Benchmark]
    public bool Chained3LimitersOfNet()
    {
        using var lease = _chained.AttemptAcquire("acme");
        return lease.IsAcquired;
    }

    internal static PartitionedRateLimiter<string> Chained() => PartitionedRateLimiter.CreateChained(Limiter(), Limiter(), Limiter());

    private static PartitionedRateLimiter<string> Limiter() => PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(
        key,
        _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = int.MaxValue,
            TokensPerPeriod = int.MaxValue,
            ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
            QueueLimit = 0,
            AutoReplenishment = true,
        }));
}
