namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Windows =>
    [
        new("Expiry credits a window", "units that a lost edge has used are given out again", "Owners/WindowAccount.cs", "is { } lease) _used += Burn(lease);", "is { } lease) Burn(lease);"),
        new("Leases outlive their window", "units of one window are used in the next", "Owners/WindowAccount.cs", "Rest(now) is var rest && rest < _settings.LeaseLifetime ? rest : _settings.LeaseLifetime;", "_settings.LeaseLifetime;"),
        new("Spent windows are whole", "what was reported as spent may be spent again", "Owners/WindowAccount.cs", "OnSpent(OwnerLease lease, long units, in OwnerTime now) => _used += units;", "OnSpent(OwnerLease lease, long units, in OwnerTime now) => _used += units / 2;"),
        new("Open after a crash", "a window is used twice when its owner was restarted in it", "Owners/WindowAccount.cs", "        else _isClosed = ", "        else _isClosed = false && "),
        new("A window never ends", "what was used in one window counts in all", "Owners/WindowAccount.cs", "        _isClosed = false;\n        _used = 0;", "        _isClosed = false;"),
        new("Expiry credits a sliding window", "units that a lost edge has used are given out again", "Owners/SlidingAccount.cs", "Count(Burn(lease), expiry);", "Burn(lease);"),
        new("Sliding windows forget early", "units leave the window before it is over", "Owners/SlidingAccount.cs", "first.At + Spec.Time <= now.Monotonic", "first.At + (Spec.Time * 0.9) <= now.Monotonic"),
        new("Sliding from the grant", "a unit counts from when it was granted, though it is used later", "Owners/SlidingAccount.cs", "OnSpent(OwnerLease lease, long units, in OwnerTime now) => Count(units, now.Monotonic);", "OnSpent(OwnerLease lease, long units, in OwnerTime now) => Count(units, now.Monotonic - _settings.LeaseLifetime);"),
        new("Slots without what is out", "a slot is given to several requests", "Owners/SlotAccount.cs", "Level => Limit - Out - Phantom;", "Level => Limit - Phantom;"),
        new("Slots without phantom", "a new owner gives slots that are in use", "Owners/SlotAccount.cs", "? Math.Min(_phantom, Limit) : 0;", "? 0 : 0;"),
        new("Slots are forgotten by edges", "after a change of owners nobody reports slots in use", "Edges/OwnerLink.Replies.cs", "if (cell.Kind == AccountKind.Concurrency) Retire(account, cell);", "if (cell.Kind == AccountKind.Concurrency) (account.Older, account.Cell) = (cell, null);"),
    ];
}
