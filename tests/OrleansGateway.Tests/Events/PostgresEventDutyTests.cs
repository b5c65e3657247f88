using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Tests.Storage.Ledger;

namespace OrleansGateway.Tests.Events;

/// <summary>One node at a time has the duty, and another takes it over however the one before has ended.</summary>
public sealed class PostgresEventDutyTests(SharedPostgres postgres) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _database = await PostgresDatabase.OpenAsync(await postgres.NewDatabaseAsync(), TimeProvider.System, NullLogger<PostgresDatabase>.Instance, Cancel);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Duty_OfThree_IsOnesAtATime_AndHandedOverWhenItIsGivenBack()
    {
        var at = 0;
        var most = 0;
        List<PostgresEventDuty> duties = [.. Enumerable.Range(0, 3).Select(_ => NewDuty())];
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = duties.Select(d => d.RunAsync(async turn =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref at));
            await Task.WhenAny(Task.Delay(Timeout.Infinite, turn));
            Interlocked.Decrement(ref at);
        }, over.Token)).ToArray();
        var terms = new List<long>();
        while (duties.Count > 0)
        {
            await EventBed.UntilAsync(() => Task.FromResult(duties.Exists(d => d.Term is not null)));
            var has = Assert.Single(duties, d => d.Term is not null);
            terms.Add(has.Term!.Value);
            await has.DisposeAsync();
            Assert.Null(has.Term);
            duties.Remove(has);
        }

        await over.CancelAsync();
        foreach (var work in working) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.Equal([1, 2, 3], terms);
        Assert.Equal(1, most);
    }

    [Fact(Timeout = 60_000)]
    public async Task Duty_TakenByAnother_EndsTheWorkAndComesBack()
    {
        await using var duty = NewDuty();
        var (begun, ended) = (0, 0);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var working = duty.RunAsync(async turn =>
        {
            Interlocked.Increment(ref begun);
            await Task.WhenAny(Task.Delay(Timeout.Infinite, turn));
            Interlocked.Increment(ref ended);
        }, over.Token);
        await EventBed.UntilAsync(() => Task.FromResult(Volatile.Read(ref begun) == 1));
        await using (var connection = await _database.ConnectAsync(Cancel))
        {
            // As another does, for less than a second.
            await connection.ChangeAsync(null, "UPDATE gateway.event_duty SET node = 'other', term = term + 1, until = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 700");
        }

        await EventBed.UntilAsync(() => Task.FromResult(Volatile.Read(ref begun) == 2));
        Assert.Equal((1, 3L), (Volatile.Read(ref ended), duty.Term));
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => working);
    }

    private PostgresEventDuty NewDuty()
    {
        var duty = new PostgresEventDuty(_database, TimeProvider.System, NullLogger<PostgresEventDuty>.Instance);
        duty.Start();
        return duty;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, value, seen);
    }
}
