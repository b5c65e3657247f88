namespace OrleansGateway.Budgets;

/// <summary>
/// How many output tokens a call is to hold for each of its answers before it is sent. What the client asks for, if that is within reason; a slice, if the hold
/// can grow as tokens come; a share of the account, if the client has stated no bound or an absurd one, so that its neighbours have something too.
/// </summary>
/// <param name="Tokens">What is asked for first.</param>
/// <param name="Least">What is asked for if that is not to be had: fewer make no answer, unless the client wants fewer.</param>
internal readonly record struct OutputPlan(long Tokens, long Least)
{
    /// <summary>The part of an account that a call may hold which has not said how much it needs: one of so many.</summary>
    public const long Shares = 8;

    /// <summary>Fewer output tokens than this make no answer.</summary>
    public const long UsefulMin = 16;

    /// <param name="stated">As the client states it; none if it does not.</param>
    /// <param name="usual">What the model makes at most when it is told nothing.</param>
    /// <param name="slice">Tokens in a slice; none if all must be held.</param>
    /// <param name="share">Output tokens that a share of the smallest account would buy.</param>
    public static OutputPlan Of(long? stated, long usual, long? slice, long share)
    {
        var asked = stated ?? usual;
        var least = Math.Min(asked, UsefulMin);
        if (slice is { } part) return new OutputPlan(Math.Min(asked, part), least);
        return new OutputPlan(stated <= usual ? asked : Math.Min(asked, Math.Max(least, share)), least);
    }
}
