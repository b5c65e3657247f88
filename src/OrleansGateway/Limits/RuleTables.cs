using OrleansGateway.Configuration;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>
/// The rules as they are now. Requests go by the running configuration's, also those that began under the one before: a limit that is lowered counts at once,
/// and accounts are not changed to and fro while both are in use.
/// </summary>
internal sealed class RuleTables(Func<Snapshot> running, IAdmissions admissions, TimeProvider time)
{
    private readonly Lock _turn = new();
    private volatile Made? _made;

    public RuleTable Current => _made is { } made && made.Holds(running(), time) ? made.Table : Make();

    private RuleTable Make()
    {
        lock (_turn)
        {
            var snapshot = running();
            if (_made is { } made && made.Holds(snapshot, time)) return made.Table;
            var table = new RuleTable(snapshot.Settings, admissions, time.GetUtcNow());
            _made = new Made(snapshot, table);
            return table;
        }
    }

    private sealed record Made(Snapshot Snapshot, RuleTable Table)
    {
        // The clock is asked only where there are boosts.
        public bool Holds(Snapshot running, TimeProvider time) =>
            Snapshot == running && (Table.ValidUntil == DateTimeOffset.MaxValue || time.GetUtcNow() < Table.ValidUntil);
    }
}
