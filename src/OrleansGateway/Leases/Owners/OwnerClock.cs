namespace OrleansGateway.Leases.Owners;

/// <summary>Tells owners the time.</summary>
internal sealed class OwnerClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>An hour is added, so that what was before the start is not before the beginning of time.</summary>
    public OwnerTime Now => new(TimeSpan.FromHours(1) + time.GetElapsedTime(_start), time.GetUtcNow());
}
