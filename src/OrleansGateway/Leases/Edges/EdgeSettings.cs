namespace OrleansGateway.Leases.Edges;

/// <summary>How an edge goes about its leases. The defaults are meant for everybody; tests and the simulator have their own.</summary>
internal sealed record EdgeSettings
{
    /// <summary>How often each account in use is looked at: what was spent is reported, what is not used goes back. 10 ms to 10 s; default 1.5 s. Less costs calls to owners.</summary>
    public TimeSpan VisitEvery { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Accounts of one owner that are looked at together, so that all they have to say is one call. Default 64.</summary>
    public int VisitedAtOnce { get; init; } = 64;

    /// <summary>After how long without use units of a rate go back to the owner. Default 2 s. More keeps them from other edges, less makes the next request wait for the owner.</summary>
    public TimeSpan RateKept { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After how long without use money goes back to the owner. Default 30 s.</summary>
    public TimeSpan MoneyKept { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For how much time at the present demand an edge wants units to hand; more are asked for once half of them are used. Default 4 s: more than twice <see cref="VisitEvery"/>, so that
    /// visits renew them and hardly ever an extra call, and an owner that fails and is found elsewhere within 2 s is not missed.
    /// </summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Accounts known at once, of some 400 bytes each, above which visits are twice as often, and what was not used between two of them is given back and forgotten at once, but
    /// for money. Default 200,000. Fewer make the next request of a key wait for the owner; more take memory at the edge that the owner alone can do without.
    /// </summary>
    public int AccountsAtEase { get; init; } = 200_000;

    /// <summary>Accounts known at once. Default 1,000,000. Beyond it no new ones are made until others have been idle.</summary>
    public int AccountsMax { get; init; } = 1_000_000;

    /// <summary>Requests to owners carry at most this many reports, and as many takes. Default 1,024.</summary>
    public int ItemsMax { get; init; } = 1_024;

    /// <summary>
    /// How long a request waits for an owner's answer before it is refused as <see cref="Denial.Unavailable"/>. 10 ms to 1 min; default 3 s: an owner whose silo was killed is found
    /// elsewhere within 2 s, and nobody is refused for it; nor where silos are restarted on a machine that has far too much to do.
    /// </summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Requests that wait in queues at once; the next is refused. Default 10,000.</summary>
    public int WaitingMax { get; init; } = 10_000;
}
