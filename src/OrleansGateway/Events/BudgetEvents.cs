using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Events;

/// <summary>
/// Makes <c>budget.threshold</c> of the notices in the ledger, which are written together with the money that reached the share: each once, whoever dies. They are read by their
/// time, again for an hour, because a write may take longer than another that began later; their names keep them from counting twice.
/// </summary>
internal sealed class BudgetEvents(ILedgerHistory ledger, EventLog events, TimeProvider time) : IEventFeed
{
    private const string Feed = "notices";
    private const int ReadTogether = 10_000;

    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_noted = TimeSpan.FromMinutes(10);

    private readonly HashSet<string> _seen = [];
    private DateTimeOffset _since;
    private DateTimeOffset _kept;

    /// <summary>Goes on where it was; a first start begins with what is reached from now on.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _kept = await events.Store.CursorAsync(Feed, cancellation) is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : time.GetUtcNow();
        _since = _kept - s_again;
        _seen.Clear();
        await events.AppendAsync([], CursorAt(_kept), cancellation);
    }

    /// <summary>Makes events of what was reached since.</summary>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var notices = await ledger.ReadNoticesAsync(_since, ReadTogether, cancellation);
        var isAll = notices.Count < ReadTogether;
        var all = notices.Select(n => (Source: SourceOf(n), Noticed: n)).ToArray();
        var made = all.Where(n => !_seen.Contains(n.Source)).Select(n => EventOf(n.Source, n.Noticed)).ToArray();
        // Of a page that is full the rest is yet to be read.
        var next = isAll ? now - s_again : notices[^1].Notice.At;
        var isKept = isAll && now - _kept > s_noted;
        await events.AppendAsync(made, isKept ? CursorAt(now) : null, cancellation);
        if (isKept) _kept = now;
        if (isAll) _seen.Clear();
        _seen.UnionWith(all.Select(n => n.Source));
        _since = next;
    }

    private static EventCursor CursorAt(DateTimeOffset at) => new(Feed, at.ToUnixTimeMilliseconds());

    private static string SourceOf(OwnerNotice noticed) => string.Create(
        CultureInfo.InvariantCulture,
        $"notice/{noticed.Owner}/{noticed.Notice.Account}/{noticed.Notice.Period}/{noticed.Notice.Percent}/{noticed.Notice.At.ToUnixTimeMilliseconds()}");

    private static NewEvent EventOf(string source, OwnerNotice noticed)
    {
        const string Tenant = "tenant:";
        var notice = noticed.Notice;
        var tenant = noticed.Owner.StartsWith(Tenant, StringComparison.Ordinal) ? noticed.Owner[Tenant.Length..] : null;
        return new NewEvent(source, tenant, EventTypes.BudgetThreshold, notice.At, EventData.Write(json => Write(json, notice)));
    }

    private static void Write(Utf8JsonWriter json, NoticeRow notice)
    {
        json.WriteString("budget", notice.Account.Rule[(notice.Account.Rule.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        json.WriteString("scope", notice.Account.Scope);
        json.WriteNumber("percent", notice.Percent);
        json.WriteNumber("spent_nano_usd", notice.Posted);
        json.WriteNumber("limit_nano_usd", notice.Limit);
    }
}
