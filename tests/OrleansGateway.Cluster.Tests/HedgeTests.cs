namespace OrleansGateway.Cluster.Tests;

/// <summary>When a question is asked again, and which answer counts.</summary>
public sealed class HedgeTests
{
    private static readonly TimeSpan s_after = TimeSpan.FromMilliseconds(300);

    private readonly ManualTime _time = new();
    private readonly List<TaskCompletionSource<int>> _asked = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AskAsync_ThatIsAnsweredInTime_AsksOnce()
    {
        var answer = AskAsync();
        _asked[0].SetResult(1);
        Assert.Equal(1, await answer);
        _time.Advance(s_after);
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AskAsync_ThatIsAnsweredLate_TakesTheFirstAnswer(int answered)
    {
        var answer = await AskTwiceAsync();
        _asked[answered].SetResult(answered);
        Assert.Equal(answered, await answer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AskAsync_OfWhichOneFails_WaitsForTheOther(int failed)
    {
        var answer = await AskTwiceAsync();
        _asked[failed].SetException(new IOException());
        _asked[1 - failed].SetResult(7);
        Assert.Equal(7, await answer);
    }

    [Fact]
    public async Task AskAsync_ThatFailsAtOnce_IsNotAskedAgain()
    {
        var answer = AskAsync();
        _asked[0].SetException(new IOException());
        await Assert.ThrowsAsync<IOException>(() => answer);
        Assert.Single(_asked);
    }

    private async Task<Task<int>> AskTwiceAsync()
    {
        var answer = AskAsync();
        _time.Advance(s_after);
        while (_asked.Count < 2)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return answer;
    }

    private Task<int> AskAsync() => Hedge.AskAsync(
        () =>
        {
            var asked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            _asked.Add(asked);
            return asked.Task;
        },
        s_after, _time, Cancel);
}
