namespace OrleansGateway.Budgets;

/// <summary>
/// How many output tokens a call holds for each of its answers before it is sent. What the client asks for, if that is within reason; a slice, if the hold can grow as tokens come; a
/// share of the account, if the client has stated no bound or an absurd one, so that its neighbours have something too; and less than asked for where no more is to be had.
/// </summary>
internal struct OutputPlan
{
    /// <summary>Fewer than this make no answer: the call is refused rather than held to so few, unless it asks for fewer.</summary>
    public const long UsefulMin = 16;

    /// <summary>The part of an account that a call may hold which has not said how much it needs: one of so many.</summary>
    public const long Shares = 8;

    private readonly long _least;

    /// <param name="stated">As the client states it; none if it does not.</param>
    /// <param name="usual">What the model makes at most when it is told nothing.</param>
    /// <param name="slice">Tokens in a slice; none if all must be held.</param>
    /// <param name="share">Output tokens that a share of the smallest account would buy.</param>
    public OutputPlan(long? stated, long usual, long? slice, long share)
    {
        var asked = stated ?? usual;
        _least = Math.Min(asked, UsefulMin);
        if (slice is { } part) Tokens = Math.Min(asked, part);
        else Tokens = stated <= usual ? asked : Math.Min(asked, Math.Max(_least, share));
    }

    /// <summary>Output tokens to be held for each answer.</summary>
    public long Tokens { get; private set; }

    /// <summary>Goes down to half, or to what there can be at most; false if that would be too few to make an answer.</summary>
    /// <param name="most">Output tokens that the account can ever have.</param>
    public bool TryLower(long most)
    {
        var next = Math.Max(Math.Min(most, Tokens / 2), Math.Min(_least, most));
        if (next < _least || next >= Tokens) return false;
        Tokens = next;
        return true;
    }
}
