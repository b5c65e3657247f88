using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>How much an edge gets in advance: never so much that others starve, and less the less is left.</summary>
internal static class Sizing
{
    /// <summary>
    /// Whether each request asks from now on, because an edge's part would be less than a request takes. It takes twice as much to go back, so that an account does not flutter.
    /// </summary>
    public static void Decide(OwnerAccount account, OwnerSettings settings)
    {
        var part = account.Reserves is null ? Part(account, settings, Math.Max(account.ActiveEdges(), 1)) : 0;
        if (part < account.TypicalHold) account.IsExact = true;
        else if (part >= 2 * (Int128)account.TypicalHold) account.IsExact = false;
    }

    /// <summary>Units to be granted to a lease in advance.</summary>
    public static long InAdvance(OwnerAccount account, OwnerLease lease, OwnerSettings settings)
    {
        if (account.IsExact || lease.Want == 0 || !account.MayGrantOn(lease)) return 0;
        var edges = Math.Max(account.ActiveEdges(), 1);
        var room = Room(account, settings);
        var fair = edges == 1 ? room : Fair(account, lease, settings, edges);
        var units = Math.Max(0, Math.Min(Math.Min(lease.Want, fair), Math.Min(room, Part(account, settings, edges))));
        var isStarving = units < Math.Min(lease.Want, Math.Max(fair, 0));
        if (isStarving) account.Starving()?.IsStarving = false;
        lease.IsStarving = isStarving;
        return units;
    }

    /// <summary>Units that an edge should give back if they are to hand, because another has less than its share.</summary>
    public static long Recall(OwnerAccount account, OwnerLease lease, OwnerSettings settings)
    {
        if (account.Starving() is not { } starving || starving == lease) return 0;
        var share = Hoard(account, settings) / Math.Max(account.ActiveEdges(), 1);
        return Math.Max(0, (lease.Out - share + 1) / 2);
    }

    private static long Hoard(OwnerAccount account, OwnerSettings settings) =>
        account.IsLedgered ? account.Level + account.Out : (long)((Int128)account.Limit * settings.HoardShare / 1000);

    private static long Room(OwnerAccount account, OwnerSettings settings) =>
        account.IsLedgered ? account.Level : Hoard(account, settings) - account.Out - account.Phantom;

    private static long Part(OwnerAccount account, OwnerSettings settings, int edges)
    {
        var half = account.Level / (2 * edges);
        if (account.Spec.Kind == AccountKind.Budget)
            return Math.Min(half, (long)((Int128)account.Level * settings.MoneyShare / 1000));
        return Math.Min(half, (long)((Int128)account.Limit * settings.HoardShare / 1000) / edges);
    }

    /// <summary>What a lease may have beyond what it has, if all shared what may be handed out, and nobody got more than it asked for (max-min fairness).</summary>
    private static long Fair(OwnerAccount account, OwnerLease lease, OwnerSettings settings, int edges)
    {
        Span<long> demands = edges <= 64 ? stackalloc long[edges] : new long[edges];
        var count = 0;
        for (var other = account.Leases; other is not null; other = other.Next)
        {
            if (other.State == LeaseState.Live && (other.Out > 0 || other.Want > 0)) demands[count++] = (long)Int128.Min((Int128)other.Out + other.Want, long.MaxValue);
        }

        demands = demands[..count];
        demands.Sort();
        var left = Hoard(account, settings);
        for (var i = 0; i < count; i++)
        {
            var share = left / (count - i);
            if (demands[i] > share) return Math.Min(share, lease.Out + lease.Want) - lease.Out;
            left -= demands[i];
        }

        return lease.Want;
    }
}
