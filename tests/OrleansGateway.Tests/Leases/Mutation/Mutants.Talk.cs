namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Talk =>
    [
        new("Deadline from receipt", "a lease whose answer was late is used after the owner has given it to others", "Edges/OwnerLink.Replies.cs", "        UnderWay = null;\n        if (reply.MustRegister", "        UnderWay = null;\n        _sentAt = now;\n        if (reply.MustRegister"),
        new("No drift margin", "a slow clock uses a lease after the owner has given it to others", "Edges/OwnerLink.Replies.cs", " - (lifetime.Ticks / 1000) - 1);", ");"),
        new("Half the drift margin", "two clocks that are wrong in opposite ways use a lease twice", "Edges/OwnerLink.Replies.cs", "(lifetime.Ticks / 1000) - 1", "(lifetime.Ticks / 2000) - 1"),
        new("No tombstone", "a grant for a lease that is closed is had all the same", "Edges/OwnerLink.Replies.cs", "?.Cell is { } cell && cell.Lease == grant.Lease) return cell;", "?.Cell is { } cell) return cell;"),
        new("Grants as deltas", "a grant that is told again is had again", "Edges/OwnerLink.Replies.cs", "cell.Unclaimed += grant.Granted - cell.Granted;", "cell.Unclaimed += grant.Granted;"),
        new("Duplicate owner", "the word of an owner of a former life is taken", "Edges/OwnerLink.Replies.cs", " || reply.Epoch < _epoch) return;", ") return;"),
        new("Any answer will do", "a late answer to an earlier request ends the present one", "Edges/OwnerLink.Replies.cs", "UnderWay is null || reply.Number != UnderWay.Number ||", "UnderWay is null ||"),
        new("Takes are to hand too", "what was taken for one request is free for others", "Edges/OwnerLink.Replies.cs", "            item.Cell!.Unclaimed -= item.Units;\n", ""),
        new("Totals are lost at a new owner", "retired leases of money are never reported to the end", "Edges/OwnerLink.Replies.cs", "_retired.RemoveAll(cell => !cell.IsMoney && cell.Kind != AccountKind.Concurrency);", "_retired.Clear();"),
        new("Unheard closes are closed", "a close that the ledger did not take down is not reported again", "Edges/OwnerLink.Replies.cs", "if (isUnheard || cell.Out > 0) _retired.Add(cell);", "if (cell.Out > 0) _retired.Add(cell);"),
        new("Repeated requests are done again", "a request that is sent twice is granted twice", "Owners/OwnerSessions.cs", "        if (request.Number == session.Number) return Again(request, session);\n", ""),
        new("Recall counted twice", "what an edge gave back when asked to is counted again", "Edges/Cell.cs", "                Returned += units;\n", "                Returned += 2 * units;\n"),
        new("Returned and kept", "an edge goes on using what it gave back", "Edges/Cell.cs", "                Returned += units;\n                return units;", "                Returned += units;\n                GiveBack(units);\n                return units;"),
        new("Not all or nothing", "a request gets what one account has though another has not", "Owners/Takes.cs", "if (worst.Denial != Denial.None) return", "if (worst.Denial != Denial.None && _items.Count == 0) return"),
        new("Order of accounts matters", "which account is named, and the time that is told, go by the order of accounts", "Owners/Verdict.cs", "Rank != other.Rank ? Rank > other.Rank : Delay > other.Delay;", "other.Denial == Denial.None && Denial != Denial.None;"),
        new("An account twice in a take", "each of two takes from one account is granted what is there once", "Owners/Takes.cs", "units += other.Account == account ? other.Units : 0;", "units += 0;"),
    ];
}
