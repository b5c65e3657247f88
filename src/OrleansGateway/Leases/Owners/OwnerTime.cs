namespace OrleansGateway.Leases.Owners;

/// <summary>An instant as an owner sees it.</summary>
/// <param name="Monotonic">Since an arbitrary start; never goes back. Rates and lifetimes go by it.</param>
/// <param name="Utc">By the calendar, which may jump. Periods, expiries of credits and what is written go by it.</param>
internal readonly record struct OwnerTime(TimeSpan Monotonic, DateTimeOffset Utc);
