namespace OrleansGateway.Leases.Owners;

/// <summary>What all accounts of an owner go by: how they are handed out, and what is known of the time before it.</summary>
/// <param name="Settings">How they are handed out.</param>
/// <param name="At">When it began.</param>
/// <param name="EmptyAt">Monotonic instant at which all may have been used up; <see cref="TimeSpan.MinValue"/> if nothing was.</param>
/// <param name="SavedAt">Monotonic instant from which saved levels refill.</param>
/// <param name="MayOthersHold">Whether edges may hold leases of an owner before it.</param>
internal sealed record OwnerStart(OwnerSettings Settings, OwnerTime At, TimeSpan EmptyAt, TimeSpan SavedAt, bool MayOthersHold)
{
    /// <summary>Monotonic instant from which no lease of an owner before it is usable.</summary>
    public TimeSpan PhantomEnd => At.Monotonic + Settings.PhantomTime;

    /// <summary>By the calendar, when all may have been used up.</summary>
    public DateTimeOffset EmptyAtUtc => EmptyAt == TimeSpan.MinValue ? DateTimeOffset.MinValue : At.Utc - (At.Monotonic - EmptyAt);
}
