namespace OrleansGateway.Leases.Owners;

/// <summary>Whether an account has what a request needs; if not, why, and when it will.</summary>
internal readonly record struct Verdict(Denial Denial, TimeSpan Delay)
{
    public static Verdict Yes => default;

    public static Verdict Never => new(Denial.Never, default);

    public static Verdict NotNow(TimeSpan delay) => new(Denial.NotNow, delay);

    /// <summary>
    /// Whether this one is to be told rather than another: the one that holds the request up longest. It does not depend on the order in which accounts are asked.
    /// </summary>
    public bool Outweighs(Verdict other) => Rank != other.Rank ? Rank > other.Rank : Delay > other.Delay;

    private int Rank => Denial switch
    {
        Denial.None => 0,
        Denial.NotNow => 1,
        Denial.Exhausted => 2,
        Denial.Never => 3,
        _ => 4,
    };
}
