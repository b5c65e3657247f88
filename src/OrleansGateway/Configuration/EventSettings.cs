namespace OrleansGateway.Configuration;

/// <summary>How long events are kept: what happened, in order for each tenant, so that it can be sent to webhooks, and sent again.</summary>
public sealed record EventSettings
{
    /// <summary>
    /// Time that events are kept, and can be sent again. 1 hour to 90 days; default 7 days. What a webhook has yet to get is kept longer, up to <c>kept_max</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "90.00:00:00")]
    public TimeSpan Kept { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Most events kept of each tenant. 1,000 to 100,000,000; default 100,000. Beyond it the oldest go, even those that a webhook has yet to get: too few lose events
    /// while a receiver is down.
    /// </summary>
    [Range(1_000, 100_000_000)]
    public int KeptMax { get; init; } = 100_000;

    /// <summary>Time that events which could not be delivered are kept to be sent by hand. 1 hour to 365 days; default 30 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan DeadLettersKept { get; init; } = TimeSpan.FromDays(30);
}
