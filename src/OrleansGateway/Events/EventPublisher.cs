using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Events;

/// <summary>
/// Publishes the event log: each tenant's events one after the other, from where it stopped. Where it stands is in the store alone, and moves only once an event has been taken: so one
/// that dies, or whose broker is away for hours, loses nothing that is still kept, and publishes at most again what was under way.
/// </summary>
internal sealed class EventPublisher
{
    /// <summary>Tenants whose events are under way at once.</summary>
    private const int AtOnceMax = 16;

    private const int ReadTogether = 200;

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_againMin = TimeSpan.FromMilliseconds(250);

    private readonly string _id;
    private readonly string _name;
    private readonly RabbitMqPublishSettings _settings;
    private readonly TimeSpan _againMax;
    private readonly IEventChannel _channel;
    private readonly EventPublisherParts _parts;
    private readonly NamePatterns _types;
    private readonly ConcurrentDictionary<string, byte> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Failing> _failing = new(StringComparer.Ordinal);
    private GrowthWatch _growth;

    /// <param name="id">Its id in the configuration.</param>
    /// <param name="settings">What is published.</param>
    /// <param name="againMax">Longest time between two attempts.</param>
    /// <param name="channel">Where.</param>
    /// <param name="parts">What all of them use.</param>
    public EventPublisher(string id, RabbitMqPublishSettings settings, TimeSpan againMax, IEventChannel channel, EventPublisherParts parts)
    {
        (_id, _name, _settings, _againMax, _channel, _parts) = (id, NameOf(id), settings, againMax, channel, parts);
        (_types, _growth) = (new NamePatterns(settings.Events), new GrowthWatch(parts.Events));
    }

    /// <summary>Why events are not taken at present; none if they are.</summary>
    public string? Failure => _failing.Values.FirstOrDefault()?.Problem;

    /// <summary>Name of its place in the store: no webhook can have it.</summary>
    public static string NameOf(string id) => "rabbitmq/" + id;

    /// <summary>Publishes until told to end. To be called while this node has the event duty: another may have published since the last time.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var isKnown = false;
        _growth = new GrowthWatch(_parts.Events);
        _open.Clear();
        _failing.Clear();
        using var timer = new PeriodicTimer(s_lookEvery, _parts.Time);
        do
        {
            try
            {
                if (!isKnown) await _parts.Positions.RegisterAsync(_name, url: "", cancellation);
                isKnown = true;
                await LookAsync(cancellation);
            }
            catch (EventStoreException failed)
            {
                _parts.Log.CannotRead(_id, failed.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Publishes all that there is by now, of every tenant. One that is not taken holds up its tenant only.</summary>
    private async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var grown in await _growth.LookAsync(cancellation))
        {
            if (Covers(TenantOf(grown))) _open.TryAdd(grown, 0);
        }

        await Parallel.ForEachAsync(
            _open.Keys.Where(IsDue), new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancellation },
            async (stream, cancel) => await PublishAsync(TenantOf(stream), cancel));
    }

    private async Task PublishAsync(string? tenant, CancellationToken cancellation)
    {
        while (true)
        {
            var from = (await _parts.Positions.LaneAsync(_name, tenant, cancellation)).Position;
            var events = await _parts.Events.ReadAsync(tenant, from, ReadTogether, cancellation);
            if (events.Count == 0)
            {
                _open.TryRemove(tenant ?? "", out _);
                return;
            }

            // A tenant without a place begins with the oldest that is left.
            if (from > 0 && events[0].Sequence > from + 1) _parts.Log.EventsLost(_id, events[0].Sequence - from - 1, tenant);
            var taken = await TakeAsync(events, cancellation);
            if (taken > 0 && !await _parts.Positions.AdvanceAsync(_name, tenant, from, events[taken - 1].Sequence, dead: null, cancellation)) return;
            if (taken < events.Count) return;
        }
    }

    /// <summary>How many of them are done with, from the first.</summary>
    private async Task<int> TakeAsync(IReadOnlyList<GatewayEvent> events, CancellationToken cancellation)
    {
        for (var i = 0; i < events.Count; i++)
        {
            // What is next may be another's by now.
            if (_parts.Duty.Term is null) return i;
            if (_types.Matches(events[i].Type) && !await TryAsync(events[i], cancellation)) return i;
        }

        return events.Count;
    }

    private async Task<bool> TryAsync(GatewayEvent one, CancellationToken cancellation)
    {
        var key = one.Tenant ?? "";
        try
        {
            await _channel.PublishAsync(one, cancellation);
            if (_failing.TryRemove(key, out _)) _parts.Log.GoesOn(_id, one.Tenant);
            _parts.Metrics.Published(_id, "confirmed");
            _parts.Metrics.PublishLag(_id, _parts.Time.GetUtcNow() - one.At);
            return true;
        }
        catch (EventChannelException failed)
        {
            var before = _failing.GetValueOrDefault(key);
            // Said once, not at every attempt of an outage.
            if (before is null) _parts.Log.NotTaken(_id, one.Id, one.Tenant, failed.Message);
            _failing[key] = new Failing(failed.Message, _parts.Time.GetTimestamp(), Pause(before?.Pause));
            _parts.Metrics.Published(_id, "failed");
            return false;
        }
    }

    /// <summary>Twice the last, with a fifth more or less by chance so that what failed together does not come back together.</summary>
    private TimeSpan Pause(TimeSpan? last)
    {
        var next = last is { } pause ? pause * 2 : s_againMin;
        return (next < _againMax ? next : _againMax) * (0.8 + 0.4 * _parts.Random.NextDouble());
    }

    private bool IsDue(string tenant) => !_failing.TryGetValue(tenant, out var failing) || _parts.Time.GetElapsedTime(failing.Since) >= failing.Pause;

    private static string? TenantOf(string stream) => stream.Length == 0 ? null : stream;

    private bool Covers(string? tenant) => _settings.Tenant is not { } only || only == tenant;

    /// <param name="Problem">Why.</param>
    /// <param name="Since">Timestamp of the last attempt.</param>
    /// <param name="Pause">Time from it to the next.</param>
    private sealed record Failing(string Problem, long Since, TimeSpan Pause);
}

/// <summary>What every publisher needs.</summary>
internal sealed record EventPublisherParts(
    IEventStore Events, IWebhookStore Positions, IEventDuty Duty, BrokerMetrics Metrics, Random Random, TimeProvider Time, ILogger<EventPublisher> Log);

internal static partial class EventPublisherLog
{
    [LoggerMessage(2900, LogLevel.Warning, "Publisher {Publisher}: event {Event} of {Tenant} was not taken, it is tried again: {Problem}")]
    public static partial void NotTaken(this ILogger log, string publisher, string @event, string? tenant, string problem);

    [LoggerMessage(2901, LogLevel.Information, "Publisher {Publisher}: events of {Tenant} are taken again")]
    public static partial void GoesOn(this ILogger log, string publisher, string? tenant);

    [LoggerMessage(2902, LogLevel.Error, "Publisher {Publisher}: {Events} events of {Tenant} were deleted before they could be published: there were more than events.kept_max")]
    public static partial void EventsLost(this ILogger log, string publisher, long events, string? tenant);

    [LoggerMessage(2903, LogLevel.Error, "Publisher {Publisher}: {Problem}; tried again")]
    public static partial void CannotRead(this ILogger log, string publisher, string problem);
}
