namespace OrleansGateway.Tests.Leases.Mutation;

internal static partial class Mutants
{
    private static IEnumerable<Mutant> Holds =>
    [
        new("Post more than the hold", "a request that used more than it held is posted in full", "Hold.cs", "return Math.Clamp(left, 0, held.Units);", "return Math.Max(left, 0);"),
        new("Double settle on cancel", "a request that ends twice counts twice", "Hold.cs", "        Volatile.Write(ref _state, Ended);\n        return true;", "        Volatile.Write(ref _state, Open);\n        return true;"),
        new("Undo to the wrong cell", "what is left of a hold goes to the lease that the account has now", "Hold.cs", "if (spent < held.Units) cell.GiveBack(held.Units - spent);", "if (spent < held.Units) (cell.Account.Cell ?? cell).GiveBack(held.Units - spent);"),
        new("Undo forgets", "a refused request keeps what it had taken", "Hold.cs", "            cell.GiveBack(units);\n            _core", "            _core"),
        new("No check after a pause", "a request goes through with units whose lease is over", "Hold.cs", "isLive &= now.Ticks < _held[i].Cell.Deadline;", "isLive &= _held[i].Cell.Deadline > 0;"),
        new("Settle gives nothing back", "the unused part of each hold is lost", "Hold.cs", "if (spent < held.Units) cell.GiveBack(held.Units - spent);", "if (spent < 0) cell.GiveBack(held.Units - spent);"),
        new("Spent is not counted", "what was used comes back when the lease is closed", "Hold.cs", "if (spent > held.Spent) cell.Spend(spent - held.Spent);", "if (spent > held.Spent) cell.GiveBack(spent - held.Spent);"),
        new("Each part of a raised hold is used in full", "a stream that asked for more is posted twice", "Hold.cs", "if (IsOf(i, held.Cell.Account)) left -= _held[i].Units;", "if (IsOf(i, held.Cell.Account)) left -= 0;"),
    ];
}
