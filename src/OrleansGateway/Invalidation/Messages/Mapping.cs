namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// What became of a message: one of a request, a reason why it invalidates nothing (which is as it should be), or a reason why it is refused (and is to be kept).
/// </summary>
internal sealed record Mapping
{
    /// <summary>The tenant of a request that is for all of them, and for what they share.</summary>
    public const string AllTenants = "*";

    private Mapping()
    {
    }

    /// <summary>What is to be published. Its tenant may be <see cref="AllTenants"/>.</summary>
    public InvalidationRequest? Request { get; private init; }

    /// <summary>Why it invalidates nothing.</summary>
    public string? Nothing { get; private init; }

    /// <summary>Why it is refused.</summary>
    public Rejection? Rejected { get; private init; }

    public static Mapping To(InvalidationRequest request) => new() { Request = request };

    public static Mapping ToNothing(string reason) => new() { Nothing = reason };

    public static Mapping Refuse(Rejection rejection) => new() { Rejected = rejection };
}

/// <summary>Why a message is refused. The code never changes.</summary>
internal sealed record Rejection(string Code, string Reason)
{
    public static Rejection Unreadable(string reason) => new("unreadable", reason);

    public static Rejection Shape(string reason) => new("unknown_shape", reason);

    public static Rejection Selector(string reason) => new("bad_selector", reason);
}
