using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// Finds edges that have money of an owner and are not heard of any more, and puts that money into suspense. Nothing is wrong if it was too soon: what such an edge says later settles it.
/// </summary>
internal sealed class SilentSessions(HostedOwner owner, OwnerClock clock)
{
    /// <summary>An edge that lives speaks every second or so. One that is started again on its machine settles by itself; this is for those that are not.</summary>
    private static readonly TimeSpan s_silentMax = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(30);

    private readonly Dictionary<Guid, TimeSpan> _heard = [];
    private TimeSpan _lookAt = clock.Now.Monotonic + s_lookEvery;

    public void Heard(Guid session) => _heard[session] = clock.Now.Monotonic;

    public async Task SuspendAsync()
    {
        var now = clock.Now.Monotonic;
        if (now < _lookAt) return;
        _lookAt = now + s_lookEvery;
        try
        {
            foreach (var session in await WithMoneyAsync())
            {
                // Those that the ledger knows of and nobody has heard of here: from now on.
                if (_heard.TryAdd(session, now) || now - _heard[session] < s_silentMax) continue;
                if (owner.Do(needsLedger: true, (core, at) => core.BeginSuspend(session, at)) is { } done) await done;
            }
        }
        catch (Exception later) when (later is LedgerException or IOException)
        {
            // The owner has said so. The next look finds them again.
        }
    }

    private async Task<IReadOnlyList<Guid>> WithMoneyAsync()
    {
        IReadOnlyList<Guid> sessions = [];
        var done = owner.Do(needsLedger: false, (core, _) =>
        {
            sessions = core.SessionsWithMoney();
            return null;
        });
        if (done is not null) await done;
        var known = sessions.ToHashSet();
        foreach (var gone in _heard.Keys.Where(s => !known.Contains(s)).ToArray()) _heard.Remove(gone);
        return sessions;
    }
}
