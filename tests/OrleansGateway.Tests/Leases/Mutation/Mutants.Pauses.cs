namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Pauses =>
    [
        new("Pauses go unnoticed", "a machine that was paused uses leases that its owner has given to others", "Edges/Standstill.cs", "if (jump > 0) Volatile.Write(ref _stood, _stood + jump);", ""),
        new("Pauses are noticed late", "a machine that was paused uses leases until somebody looks", "Edges/Standstill.cs", "var isKnown = Math.Abs(wall - clock - Volatile.Read(ref _ahead)) < Least.Ticks;", "var isKnown = true;"),
        new("Time goes back with the wall clock", "a wall clock that is set back prolongs leases", "Edges/Standstill.cs", "if (jump > 0) Volatile", "Volatile"),
        new("A pause is noticed again and again", "leases are lost with each look at the clocks", "Edges/Standstill.cs", "        Volatile.Write(ref _ahead, _ahead + jump);\n", ""),
        new("Old accounts are others", "a stream whose account was forgotten meanwhile is charged twice", "Hold.cs", "(own == account || (own.Link == account.Link && own.Id == account.Id))", "own == account"),
        new("Leases of nothing are written", "the ledger has leases of an account that it does not know", "Owners/LedgerAccount.cs", "        if (lease.Granted > 0) draft.Changed(lease, this);\n        if (lease.Out == 0) Close(lease);", "        draft.Changed(lease, this);\n        if (lease.Out == 0) Close(lease);"),
        new("Slots in use are forgotten with their lease", "a slot is given to another request when its edge's clock was set", "Edges/OwnerLink.Requests.cs", "!cell.IsMoney && cell.Kind != AccountKind.Concurrency && cell.IsExpired(now)", "!cell.IsMoney && cell.IsExpired(now)"),
        new("Numbers begin anew", "a late answer of an owner's former life is taken for that to another request", "Edges/OwnerLink.Replies.cs", "        _isRegistering = true;\n        _takes", "        _isRegistering = true;\n        _number = 0;\n        _takes"),
    ];
}
