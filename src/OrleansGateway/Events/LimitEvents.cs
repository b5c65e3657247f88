using System.Collections.Concurrent;
using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>
/// Makes <c>limit.reached</c> of requests that were refused: one a minute for each limit and whom it is for. Told by the edge as it refuses, so it waits for nothing: what is told in
/// the last second before a crash is lost, and the next refusal tells it again.
/// </summary>
internal sealed class LimitEvents(EventLog events, TimeProvider time)
{
    /// <summary>More in a minute is an attack, or a limit for each of a crowd: an event for each would tell nobody anything.</summary>
    private const int ToldMax = 10_000;

    private readonly ConcurrentQueue<NewEvent> _waiting = new();
    private volatile Told _told = new(0);

    /// <summary>A request was refused. Neither waits nor, after the first in a minute, allocates.</summary>
    /// <param name="tenant">Whose request; none if nobody knows.</param>
    /// <param name="rule">The rule, such as <c>rate_limits.per-key</c>.</param>
    /// <param name="scope">Whom the account is for.</param>
    /// <param name="denial">Why it had no room.</param>
    public void Reached(string? tenant, string rule, string scope, string denial)
    {
        if (!events.IsWanted(EventTypes.LimitReached, tenant)) return;
        var now = time.GetUtcNow();
        var minute = now.ToUnixTimeSeconds() / 60;
        var told = _told;
        if (told.Minute != minute) _told = told = new Told(minute);
        if (told.Count >= ToldMax || _waiting.Count >= ToldMax || !told.Accounts.TryAdd((tenant, rule, scope), default) || Interlocked.Increment(ref told.Count) > ToldMax) return;
        var data = EventData.Write(json =>
        {
            json.WriteString("limit", rule);
            json.WriteString("scope", scope);
            json.WriteString("reason", System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(denial));
        });
        _waiting.Enqueue(new NewEvent(string.Create(CultureInfo.InvariantCulture, $"limit/{tenant}/{rule}/{scope}/{minute}"), tenant, EventTypes.LimitReached, now, data));
    }

    /// <summary>Puts down what was told.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        if (_waiting.IsEmpty) return;
        var waiting = _waiting.ToArray();
        await events.AppendAsync(waiting, cursor: null, cancellation);
        foreach (var _ in waiting) _waiting.TryDequeue(out var _);
    }

    private sealed class Told(long minute)
    {
        public int Count;

        public long Minute => minute;

        public ConcurrentDictionary<(string? Tenant, string Rule, string Scope), byte> Accounts { get; } = new();
    }
}
