using System.Net;
using OrleansGateway.Tests.Budgets;

namespace OrleansGateway.Tests.Limits;

/// <summary>Clients that ask one thing after the other until they are stopped, whatever they are told.</summary>
internal sealed class Clients : IAsyncDisposable
{
    private readonly LimitBed _bed;
    private readonly Task[] _running;
    private readonly int[] _ended;
    private volatile bool _isOver;

    public Clients(LimitBed bed, int count)
    {
        (_bed, _ended) = (bed, new int[count]);
        _running = [.. Enumerable.Range(0, count).Select(RunAsync)];
    }

    public static async Task<HttpStatusCode> StatusAsync(LimitBed bed)
    {
        using var answer = await bed.ChatAsync("o", ""","max_tokens":1""");
        await LimitBed.TextAsync(answer);
        return answer.StatusCode;
    }

    /// <summary>Waits until each client has been answered one that it asked after this was called, or has been stopped.</summary>
    public async Task RoundAsync()
    {
        var before = _ended.ToArray();
        while (!_isOver && Enumerable.Range(0, before.Length).Any(i => Volatile.Read(ref _ended[i]) < before[i] + 2))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Assert.DoesNotContain(_running, client => client.IsFaulted);
            await Task.Yield();
        }
    }

    public Task StopAsync()
    {
        _isOver = true;
        return Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task RunAsync(int number)
    {
        while (!_isOver)
        {
            await StatusAsync(_bed);
            Interlocked.Increment(ref _ended[number]);
        }
    }
}
