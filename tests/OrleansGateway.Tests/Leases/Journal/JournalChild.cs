using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Journal;

/// <summary>Holds and ends until it is killed.</summary>
internal static class JournalChild
{
    public const int Leases = 4;

    public const long Spent = 3;

    public const int HoldsInALine = 100;

    public static async Task RunAsync(string folder)
    {
        await using var journal = MappedHoldJournal.Open(
            folder, new Guid(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]), TimeProvider.System, NullLogger<MappedHoldJournal>.Instance, new JournalSize(256 * 1024));
        var leases = Enumerable.Range(1, Leases).Select(i => journal.Opened(new AccountId("budgets.b", $"{i}"), i, 7)).ToArray();
        var held = leases.Select(l => new Charge(l, 10)).ToArray();
        var spent = leases.Select(l => new Charge(l, Spent)).ToArray();
        journal.Held(0, "stays", held);
        for (var hold = 1L; ; hold++)
        {
            while (!journal.Held(hold, "comes and goes", held)) await Task.Yield();
            journal.Ended(hold, spent);
            if (hold % HoldsInALine == 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended {hold}."));
        }
    }
}
