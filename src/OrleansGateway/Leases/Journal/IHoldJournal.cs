namespace OrleansGateway.Leases.Journal;

/// <summary>
/// What an edge has held and spent of money, written so that it is there after <c>kill -9</c>: the proof of what was never held. Written before a hold is used. It may
/// not wait or allocate: it is on the way of every request that costs money. Thread-safe.
/// </summary>
internal interface IHoldJournal
{
    /// <summary>A lease has been opened; answers the number by which the entries to come name it.</summary>
    int Opened(AccountId account, long lease, long period);

    /// <summary>A lease is closed, and the owner has said so: it is forgotten.</summary>
    void Closed(int lease);

    /// <summary>
    /// A request holds this from now on: also when a hold is raised, with the new totals. False if it cannot be written, because the disk is full or slower than the requests: the hold
    /// must not be used then, and is not <see cref="Ended"/>; a raise that fails leaves the hold as it was.
    /// </summary>
    /// <param name="hold">Number of the hold, never used twice in a session.</param>
    /// <param name="name">The request's id, up to 64 bytes.</param>
    /// <param name="charges">What it holds in total, by lease. At most 32.</param>
    bool Held(long hold, string name, ReadOnlySpan<Charge> charges);

    /// <summary>A hold has ended: this was spent, and the rest is free again.</summary>
    void Ended(long hold, ReadOnlySpan<Charge> spent);
}

/// <summary>An amount on a lease, by its number in the journal.</summary>
internal readonly record struct Charge(int Lease, long Amount);

/// <summary>What the journal of a session that is over proves.</summary>
/// <param name="Session">Which.</param>
/// <param name="IsWhole">
/// Whether nothing can be missing: the machine has not been started anew since. If not, what was not spent may have been, and only <c>Spent</c> counts.
/// </param>
/// <param name="Leases">Each that was open, and what was spent of it.</param>
/// <param name="Open">Holds that have not ended.</param>
internal sealed record JournalFindings(Guid Session, bool IsWhole, IReadOnlyList<FoundLease> Leases, IReadOnlyList<FoundHold> Open);

internal sealed record FoundLease(AccountId Account, long Lease, long Period, long Spent);

internal sealed record FoundHold(string Name, AccountId Account, long Lease, long Amount);
