namespace OrleansGateway.Tenants;

/// <summary>
/// Instants of keys, in the precision that every store keeps: milliseconds, in UTC. What was just made then equals what is read back.
/// </summary>
internal static class KeyTime
{
    public static DateTimeOffset Stored(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());
}
