namespace OrleansGateway.Leases.Owners;

/// <summary>What an owner knows of the time before it.</summary>
/// <param name="At">When it began.</param>
/// <param name="EmptyAt">Monotonic instant at which all may have been used up; <see cref="TimeSpan.MinValue"/> if nothing was.</param>
/// <param name="SavedAt">Monotonic instant from which saved levels refill.</param>
/// <param name="MayOthersHold">Whether edges may hold leases of an owner before it.</param>
internal readonly record struct OwnerStart(OwnerTime At, TimeSpan EmptyAt, TimeSpan SavedAt, bool MayOthersHold)
{
    /// <summary>By the calendar, when all may have been used up.</summary>
    public DateTimeOffset EmptyAtUtc => EmptyAt == TimeSpan.MinValue ? DateTimeOffset.MinValue : At.Utc - (At.Monotonic - EmptyAt);
}
