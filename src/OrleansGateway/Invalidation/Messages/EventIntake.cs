namespace OrleansGateway.Invalidation.Messages;

/// <summary>
/// Takes messages in, from wherever they come: what they invalidate is applied when it returns, and what is refused is kept with the reason. So whoever brought a message may
/// forget it then. Where neither could be done it throws <see cref="InvalidationException"/>, and the message is to be brought again.
/// </summary>
internal sealed class EventIntake(EventSources sources, Publisher publisher, IParkedMessages parked, TimeProvider time, ILogger<EventIntake> log)
{
    /// <summary>Headers that are not looked at and not kept: they are the sender's credentials.</summary>
    private static readonly string[] s_secret = ["Authorization", "Proxy-Authorization", "Cookie", "Fastly-Key", "X-Auth-Key", "X-Api-Key"];

    /// <summary>None if the configuration states no such source.</summary>
    /// <param name="sourceName">Name of the source: stated by whoever accepts its credentials or its queue, never by the message.</param>
    /// <param name="headers">Headers of the message.</param>
    /// <param name="body">Body of the message.</param>
    /// <param name="onlyTenant">The one tenant that the sender may reach; none if the source alone says it.</param>
    /// <param name="cancellation">Gives the wait up.</param>
    public async ValueTask<EventOutcome?> AcceptAsync(
        string sourceName, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> body, string? onlyTenant, CancellationToken cancellation)
    {
        if (sources.Find(sourceName) is not { } source) return null;
        var known = new MessageHeaders(headers.Where(static h => !s_secret.Contains(h.Key, StringComparer.OrdinalIgnoreCase)));
        var outcome = await TryAsync(source, known, body, onlyTenant, cancellation);
        if (outcome.Rejected is not { } rejected) return outcome;
        var message = new ParkedMessage(0, source.Name, time.GetUtcNow(), rejected.Code, rejected.Reason, known.All, body, body.Length);
        var number = await parked.ParkAsync(message, CancellationToken.None);
        log.Parked(source.Name, rejected.Code, number);
        return outcome with { Parked = number };
    }

    /// <summary>Tries a message again that was refused, by the rules that are in force now; one that is taken is kept no more.</summary>
    public async ValueTask<EventOutcome?> RetryAsync(ParkedMessage message, CancellationToken cancellation)
    {
        if (sources.Find(message.Source) is not { } source) return null;
        if (message.IsCut) return new EventOutcome { Rejected = new Rejection("too_large", "Only its beginning was kept.") };
        var outcome = await TryAsync(source, new MessageHeaders(message.Headers), message.Body, onlyTenant: null, cancellation);
        if (outcome.Rejected is null) await parked.DeleteAsync(message.Number, CancellationToken.None);
        return outcome;
    }

    private async ValueTask<EventOutcome> TryAsync(EventSource source, MessageHeaders headers, ReadOnlyMemory<byte> body, string? onlyTenant, CancellationToken cancellation)
    {
        var mapping = EventMapper.Map(source, headers, body);
        if (mapping.Rejected is not null || mapping.Nothing is not null) return new EventOutcome { Rejected = mapping.Rejected, Nothing = mapping.Nothing };
        var request = mapping.Request!;
        if (onlyTenant is not null && request.Tenant != onlyTenant)
            return new EventOutcome { Rejected = new Rejection("tenant_not_allowed", "The sender may reach one organisation, and the message is for another.") };
        return new EventOutcome { Request = request, Receipt = await publisher.PublishAsync(request, cancellation) };
    }
}

/// <summary>What became of a message.</summary>
internal sealed record EventOutcome
{
    /// <summary>What it has invalidated.</summary>
    public InvalidationRequest? Request { get; init; }

    public InvalidationReceipt Receipt { get; init; }

    /// <summary>Why it invalidates nothing.</summary>
    public string? Nothing { get; init; }

    /// <summary>Why it was refused.</summary>
    public Rejection? Rejected { get; init; }

    /// <summary>Under what number it is kept, if it was refused.</summary>
    public long Parked { get; init; }
}

internal static partial class IntakeLog
{
    [LoggerMessage(2802, LogLevel.Warning, "A message of {Source} was refused ({Code}) and is kept as number {Number}")]
    public static partial void Parked(this ILogger log, string source, string code, long number);
}
