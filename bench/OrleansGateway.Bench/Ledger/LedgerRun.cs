using System.Globalization;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Bench.Ledger;

/// <summary>One owner that grants, one write after the other: each raises the lease of each account.</summary>
internal static class LedgerRun
{
    private const long Limit = 1_000_000_000_000;

    private static readonly Guid Edge = new(1, 2, 3, [1, 2, 3, 4, 5, 6, 7, 8]);

    /// <summary>How long each took.</summary>
    public static async Task<List<TimeSpan>> WriteAsync(ILedgerStore store, string owner, int accounts, TimeSpan time, CancellationToken cancellation)
    {
        var ids = Enumerable.Range(0, accounts).Select(i => new AccountId("budgets.per-key", string.Create(CultureInfo.InvariantCulture, $"acme/research/key_{i:D4}"))).ToArray();
        var version = (await store.AcquireAsync(owner, cancellation)).Version;
        var began = TimeProvider.System.GetTimestamp();
        var took = new List<TimeSpan>();
        for (var granted = 1L; TimeProvider.System.GetElapsedTime(began) < time; granted++)
        {
            var write = new LedgerWrite
            {
                Owner = owner,
                Version = version++,
                Accounts = [.. ids.Select(id => new AccountRow(id, 7, Limit, Limit - granted, 0, Limit, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue))],
                Leases = [.. ids.Select(id => new LeaseRow(Edge, id, 1, 7, granted, 0, 0, LeaseState.Live))],
            };
            var at = TimeProvider.System.GetTimestamp();
            if (await store.WriteAsync(write, cancellation) != LedgerOutcome.Written) throw new InvalidOperationException($"Another writes for {owner}.");
            took.Add(TimeProvider.System.GetElapsedTime(at));
        }

        return took;
    }
}
