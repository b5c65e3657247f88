using System.Threading.Channels;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// Does what the disk is to do and nobody waits for, one after the other. Answers that are to be written are bounded by their bytes, and those beyond are not taken; what is to be
/// deleted is always taken, for it is no more than what is there.
/// </summary>
internal sealed class DiskJobs : IAsyncDisposable
{
    /// <summary>Most bytes that wait to be written: they take memory besides that of the cache.</summary>
    public const long WaitingBytesMax = 32 << 20;

    /// <summary>Most bytes written in a second, so that a scan of all there is does not wear the disk out. A burst of one second is let through at once.</summary>
    public const long BytesPerSecond = 32 << 20;

    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _hurry = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _running;
    private TimeSpan _paidUntil;
    private long _waiting;

    public DiskJobs(TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        _paidUntil = Now;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Whether half of what may wait does.</summary>
    public bool IsBusy => Interlocked.Read(ref _waiting) > WaitingBytesMax / 2;

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Takes something on that writes so many bytes; false if too much waits.</summary>
    public bool TryWrite(long bytes, Func<ValueTask> work)
    {
        var waiting = Interlocked.Add(ref _waiting, bytes);
        // One that is larger than all that may wait goes alone.
        if ((waiting <= WaitingBytesMax || waiting == bytes) && _jobs.Writer.TryWrite(new Job(bytes, work))) return true;
        Interlocked.Add(ref _waiting, -bytes);
        return false;
    }

    /// <summary>Takes something on that is small.</summary>
    public void Do(Func<ValueTask> work) => _jobs.Writer.TryWrite(new Job(0, work));

    /// <summary>Waits until all that was taken on before is done.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(() =>
        {
            done.SetResult();
            return ValueTask.CompletedTask;
        });
        await done.Task.WaitAsync(cancellation);
    }

    /// <summary>No more waiting between writes: it is time to go.</summary>
    public void Hurry() => _hurry.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _hurry.CancelAsync();
        _jobs.Writer.TryComplete();
        await _running;
        _hurry.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var job in _jobs.Reader.ReadAllAsync())
            {
                await job.Work();
                if (job.Bytes == 0) continue;
                Interlocked.Add(ref _waiting, -job.Bytes);
                await PaceAsync(job.Bytes);
            }
        }
        catch (Exception broken)
        {
            // A bug: what is stored is served as before, and nothing more is taken on.
            _jobs.Writer.TryComplete();
            _log.Ended(broken.Message);
        }
    }

    private async ValueTask PaceAsync(long bytes)
    {
        var now = Now;
        _paidUntil = (_paidUntil > now ? _paidUntil : now) + TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
        if (_paidUntil - now <= TimeSpan.FromSeconds(1) || _hurry.IsCancellationRequested) return;
        await Task.Delay(_paidUntil - now - TimeSpan.FromSeconds(1), _time, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private readonly record struct Job(long Bytes, Func<ValueTask> Work);
}
