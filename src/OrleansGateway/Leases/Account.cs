using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Leases;

/// <summary>
/// One account as an edge knows it: shared by all requests that it applies to. The same object for as long as it is in use; after a pause there may be another one, to which this
/// one then leads. There may be a million of them: with its lease one takes some 300 bytes.
/// </summary>
internal sealed class Account
{
    private volatile Cell? _cell;
    private volatile Cell? _older;
    private AccountSpec _spec;

    public Account(OwnerLink link, AccountId id, AccountSpec spec)
    {
        Link = link;
        Id = id;
        _spec = spec;
    }

    /// <summary>Who has it: see <see cref="ILeaseOwners"/>.</summary>
    public string Owner => Link.Owner;

    public AccountId Id { get; }

    /// <summary>As the configuration says now.</summary>
    public AccountSpec Spec
    {
        get => Volatile.Read(ref _spec);
        set => Volatile.Write(ref _spec, value);
    }

    /// <summary>Units to hand at this edge, and its share of those that the owner had when it last spoke: what clients may be told is left.</summary>
    public long Remaining => (_cell?.ToHand ?? 0) + LeftAtOwner;

    /// <summary>This edge's share of what the owner had besides, when it last spoke.</summary>
    internal long LeftAtOwner { get; set; }

    /// <summary>Whether units are given request by request, because little is left.</summary>
    public bool IsExact { get; internal set; }

    internal OwnerLink Link { get; }

    /// <summary>The open lease; none if the owner has nothing out to this edge.</summary>
    internal Cell? Cell
    {
        get => _cell;
        set => _cell = value;
    }

    /// <summary>A lease of an owner's former life: usable until its deadline, and reported to nobody. The new life has put as much aside.</summary>
    internal Cell? Older
    {
        get => _older;
        set => _older = value;
    }

    internal Demand Demand;

    /// <summary>Whether it has another spec since its lease was opened, and another one is to be.</summary>
    internal int IsChanged;

    /// <summary>Whether it is forgotten: <see cref="EdgeCore.Current"/> knows what has taken its place.</summary>
    internal bool IsForgotten;

    /// <summary>Units that requests wanted and found not to hand, since that was last looked at.</summary>
    internal long Missed;

    /// <summary>How often units that a request had taken went back because it was refused elsewhere: who was refused meanwhile looks again.</summary>
    internal int Undone;

    /// <summary>Requests that wait for units of it.</summary>
    internal int Waiting;

    /// <summary>Requests that have units of it, and wait until it is their turn: shaping.</summary>
    internal int Delayed;

    /// <summary>Whether requests that wait for it are about to look again.</summary>
    internal bool IsFreed;

    /// <summary>Whether it is in the link's stack of accounts to be looked at, and the next one there.</summary>
    internal bool IsMarked;

    internal Account? NextMarked;

    /// <summary>Where it stands among the link's accounts; -1 for not at all.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>Whether the owner wants units for others, and it has not been answered yet.</summary>
    internal bool IsRecalled { get; set; }

    /// <summary>Whether it is to be reported next.</summary>
    internal bool IsDue { get; set; }

    /// <summary>The link's latest request that it was reported in.</summary>
    internal int ReportedIn { get; set; }
}
