using OrleansGateway.Events;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Storage.Events;

/// <summary>
/// The event duty of a cluster: a row that one node at a time has for a while, by the database's clock, and extends. Each that takes it has a higher term; what was to be written under an
/// older one is refused by then. A node that cannot extend it stops by its own clock before another may take it.
/// </summary>
internal sealed class PostgresEventDuty(PostgresDatabase database, TimeProvider time, ILogger<PostgresEventDuty> log) : IEventDuty, IAsyncDisposable
{
    /// <summary>How long others wait after its last sign for a node that was killed.</summary>
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);

    // Clocks of two machines do not run at quite the same speed.
    private static readonly TimeSpan s_margin = TimeSpan.FromMilliseconds(300);

    private const string Now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    private readonly TimeProvider _clock = MachineTime.Of(time);
    private readonly CancellationTokenSource _stop = new();
    private volatile TaskCompletionSource<Turn> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Turn? _turn;
    private Task _looking = Task.CompletedTask;
    private bool _isDisposed;

    /// <inheritdoc/>
    public long? Term => _turn is { } turn && !turn.IsOver(_clock) ? turn.Number : null;

    /// <summary>Stands for it from now on.</summary>
    public void Start() => _looking = Task.Run(LookAsync);

    /// <inheritdoc/>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        while (true)
        {
            var turn = await _next.Task.WaitAsync(cancellation);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, turn.Over.Token);
            try
            {
                await work(both.Token);
            }
            catch (OperationCanceledException) when (turn.Over.IsCancellationRequested)
            {
                // Another's turn.
            }

            cancellation.ThrowIfCancellationRequested();
            if (!turn.Over.IsCancellationRequested) return;
            // The turn's end is seen before the turn is taken back.
            await turn.Forgotten.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Gives it back: another need not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        // Under two names in the container, which disposes of it by each.
        if (_isDisposed) return;
        _isDisposed = true;
        await _stop.CancelAsync();
        await _looking;
        var turn = _turn;
        if (turn is not null) await ForgetAsync(turn);
        try
        {
            if (turn is not null)
            {
                await database.CallAsync(
                    connection => connection.ChangeAsync(null, "UPDATE gateway.event_duty SET until = 0 WHERE term = @term", isPatient: false, ("term", turn.Number)), CancellationToken.None);
            }
        }
        catch (LedgerException)
        {
            // Others wait until it has run out.
        }

        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        try
        {
            do
            {
                try
                {
                    await LookOnceAsync();
                }
                catch (LedgerException)
                {
                    // What is had runs out by itself; those whose work it is say that the database is not to be had.
                }

                if (_turn is { } turn && turn.IsOver(_clock)) await ForgetAsync(turn);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    private async Task LookOnceAsync()
    {
        var asked = _clock.GetTimestamp();
        if (_turn is { } turn)
        {
            if (await ExtendAsync(turn.Number)) turn.Extend(asked);
            else await ForgetAsync(turn);
        }
        else if (await TakeAsync() is { } number)
        {
            log.Took(number);
            var taken = new Turn(number, time);
            taken.Extend(asked);
            _turn = taken;
            _next.TrySetResult(taken);
        }
    }

    private async Task<long?> TakeAsync() => await database.CallAsync(connection => connection.ReadAllAsync<StoredTerm>(
        null, $"UPDATE gateway.event_duty SET node = @node, term = term + 1, until = {Now} + @length WHERE until < {Now} RETURNING term",
        ("node", database.Node), ("length", (long)s_length.TotalMilliseconds)), _stop.Token) is [var row] ? row.Term : null;

    private async Task<bool> ExtendAsync(long term) => await database.CallAsync(connection => connection.ChangeAsync(
        null, $"UPDATE gateway.event_duty SET until = {Now} + @length WHERE term = @term", isPatient: false, ("term", term), ("length", (long)s_length.TotalMilliseconds)), _stop.Token) > 0;

    private async Task ForgetAsync(Turn turn)
    {
        log.Lost(turn.Number);
        _next = new TaskCompletionSource<Turn>(TaskCreationOptions.RunContinuationsAsynchronously);
        _turn = null;
        await turn.Over.CancelAsync();
        turn.Forgotten.TrySetResult();
    }

    /// <summary>A time in which this node has it.</summary>
    private sealed class Turn(long number, TimeProvider time)
    {
        private long _extended;

        public long Number => number;

        /// <summary>Cancelled when it is over, by the timers' clock at the latest.</summary>
        public CancellationTokenSource Over { get; } = new(s_length - s_margin, time);

        public TaskCompletionSource Forgotten { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>By the machine's clock, which goes on while it sleeps.</summary>
        public bool IsOver(TimeProvider clock) => Over.IsCancellationRequested || clock.GetElapsedTime(Volatile.Read(ref _extended)) > s_length - s_margin;

        public void Extend(long asked)
        {
            Volatile.Write(ref _extended, asked);
            Over.CancelAfter(s_length - s_margin);
        }
    }

    private sealed record StoredTerm
    {
        public long Term { get; init; }
    }
}

internal static partial class EventDutyLog
{
    [LoggerMessage(2690, LogLevel.Information, "The cluster's events are made and sent here; this is term {Term}")]
    public static partial void Took(this ILogger log, long term);

    [LoggerMessage(2691, LogLevel.Information, "The cluster's events are not made and sent here any more; term {Term} is over")]
    public static partial void Lost(this ILogger log, long term);
}
