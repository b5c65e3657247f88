using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>How the life of an owner before this one ended.</summary>
/// <param name="End">How.</param>
/// <param name="IsInUse">Whether edges may have had something of accounts in memory.</param>
/// <param name="Ago">How long ago it ended in order, by the clock of the ledger's database.</param>
/// <param name="Levels">Accounts in memory that were not whole when it ended in order.</param>
internal sealed record FormerLife(LifeEnd End, bool IsInUse, TimeSpan Ago, IReadOnlyList<AccountRow> Levels)
{
    public static readonly FormerLife None = new(LifeEnd.None, IsInUse: false, TimeSpan.Zero, []);

    /// <summary>What a core is made with in the place of that one.</summary>
    /// <param name="settings">How owners hand out.</param>
    /// <param name="term">How long a silo that nobody hears of may go on giving out what it has.</param>
    /// <param name="now">When the core begins.</param>
    public OwnerSettings Settings(OwnerSettings settings, TimeSpan term, OwnerTime now) => End switch
    {
        LifeEnd.None => settings with { EmptyAt = TimeSpan.MinValue },
        // What refilled while edges were using what was out is not told apart: it counts from now.
        LifeEnd.InOrder => settings with { EmptyAt = TimeSpan.MinValue, SavedAt = now.Monotonic - (IsInUse ? TimeSpan.Zero : Ago) },
        LifeEnd.Dropped => settings with { EmptyAt = now.Monotonic },
        // The one before may be giving out until its term ends: nothing comes back before that.
        _ => settings with { EmptyAt = now.Monotonic + term, PhantomTime = settings.PhantomTime + term },
    };
}

internal enum LifeEnd
{
    /// <summary>There was none: all accounts are whole.</summary>
    None,

    /// <summary>It has saved what was not whole.</summary>
    InOrder,

    /// <summary>It was dropped in this very process: it gives out no more, and nobody knows what it had.</summary>
    Dropped,

    /// <summary>Nobody knows; it may not have ended.</summary>
    Unknown,
}
