using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Tests.Leases;

public sealed class HistoryPurgeTests
{
    [Fact(Timeout = 30_000)]
    public async Task History_OnceADay_IsPurgedOfWhatIsOld_AndAgainAfterAFailure()
    {
        var (time, history) = (new ManualTime(), new History());
        using var over = new CancellationTokenSource();
        var running = new HistoryPurge(history, time, NullLogger<HistoryPurge>.Instance).RunAsync(over.Token);
        for (var day = 1; day <= 3; day++)
        {
            Assert.Equal(day - 1, history.Purges.Count);
            time.Advance(day == 1 ? TimeSpan.FromMinutes(10) : TimeSpan.FromDays(1));
            await history.Purged.WaitAsync(TestContext.Current.CancellationToken);
            var now = time.GetUtcNow();
            Assert.Equal(new LedgerCutoffs(now.AddDays(-1), now.AddDays(-400)), history.Purges[^1]);
        }

        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Fails every other time.</summary>
    private sealed class History : ILedgerHistory
    {
        public List<LedgerCutoffs> Purges { get; } = [];

        public SemaphoreSlim Purged { get; } = new(0);

        public ValueTask<IReadOnlyList<string>> OwnersAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<LedgerBooks?> ReadBooksAsync(string owner, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<LedgerHistory> ReadHistoryAsync(LedgerHistoryQuery query, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<OwnerNotice>> ReadNoticesAsync(DateTimeOffset since, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<int> PurgeAsync(LedgerCutoffs cutoffs, CancellationToken cancellation)
        {
            Purges.Add(cutoffs);
            Purged.Release();
            return Purges.Count % 2 == 0 ? throw new LedgerException("down") : new(1);
        }
    }
}
