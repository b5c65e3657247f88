using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>When an event that was not taken is sent again.</summary>
internal static class RetrySchedule
{
    /// <summary>Longest time that a receiver may ask for: it must not be able to stop its events for ever.</summary>
    private static readonly TimeSpan s_askedMax = TimeSpan.FromHours(1);

    /// <param name="settings">Shortest and longest time.</param>
    /// <param name="attempts">Attempts made in vain, from 1.</param>
    /// <param name="asked">Time that the receiver asked for; none if it did not.</param>
    /// <param name="random">A fifth more or less, so that what failed together does not come back together.</param>
    public static TimeSpan After(WebhookSettings settings, int attempts, TimeSpan? asked, Random random)
    {
        var doubled = settings.RetryMin * Math.Pow(2, Math.Min(attempts - 1, 40));
        var delay = (doubled < settings.RetryMax ? doubled : settings.RetryMax) * (0.8 + 0.4 * random.NextDouble());
        if (asked is not { } wish) return delay;
        if (wish > s_askedMax) wish = s_askedMax;
        return wish > delay ? wish : delay;
    }
}
