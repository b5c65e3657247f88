namespace OrleansGateway.Cluster.Tests;

/// <summary>When a question is asked again, and which answer counts.</summary>
public sealed class HedgeTests
{
    private const int Most = 3;

    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(300);

    private readonly ManualTime _time = new();
    private readonly CountedTime _clock;
    private readonly List<TaskCompletionSource<int>> _asked = [];

    public HedgeTests() => _clock = new(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AskAsync_ThatIsAnsweredInTime_AsksOnce()
    {
        var answer = AskAsync();
        _asked[0].SetResult(1);
        Assert.Equal(1, await answer);
        _time.Advance(s_every);
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AskAsync_ThatIsAnsweredLate_TakesTheFirstAnswer(int answered)
    {
        var answer = await AskAsync(Most);
        _asked[answered].SetResult(answered);
        Assert.Equal(answered, await answer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AskAsync_OfWhichOneFails_WaitsForTheOther(int failed)
    {
        var answer = await AskAsync(2);
        _asked[failed].SetException(new IOException());
        _asked[1 - failed].SetResult(7);
        Assert.Equal(7, await answer);
    }

    [Fact]
    public async Task AskAsync_OfWhichAllFail_Throws_AndIsNotAskedAgain()
    {
        var answer = await AskAsync(2);
        _asked[1].SetException(new IOException());
        _asked[0].SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => answer);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task AskAsync_ThatFailsAtOnce_IsNotAskedAgain()
    {
        var answer = AskAsync();
        _asked[0].SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => answer);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task AskAsync_ThatNobodyAnswers_EndsWhenTheLastHasHadItsTime()
    {
        var answer = await AskAsync(Most);
        Assert.False(answer.IsCompleted);
        _time.Advance(s_every);
        await Assert.ThrowsAsync<TimeoutException>(() => answer);
        Assert.Equal(Most, _asked.Count);
    }

    [Fact]
    public async Task AskAsync_ThatIsCancelled_EndsAtOnce()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var answer = AskAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Single(_asked);
    }

    /// <summary>Has it asked so often, and wait for the last.</summary>
    private async Task<Task<int>> AskAsync(int times)
    {
        var answer = AskAsync();
        for (var asked = 1; asked < times; asked++)
        {
            await UntilAsync(() => _clock.Timers == asked);
            _time.Advance(s_every);
            await UntilAsync(() => _asked.Count > asked);
        }

        await UntilAsync(() => _clock.Timers == times);
        return answer;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<int> AskAsync(CancellationToken? cancellation = null) => new Hedge(s_every, Most).AskAsync(
        () =>
        {
            var asked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            _asked.Add(asked);
            return asked.Task;
        },
        _clock, cancellation ?? Cancel);

    /// <summary>Says how often somebody has begun to wait.</summary>
    private sealed class CountedTime(ManualTime time) : TimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = time.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }
}
