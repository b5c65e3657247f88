using System.Collections.Immutable;
using System.Threading.Channels;

namespace OrleansGateway.Usage;

/// <summary>
/// Shows records to those who watch, as they are written by this edge. A watcher who is too slow loses records and is told how many; no request waits for one. With nobody watching
/// it costs a look at an empty list.
/// </summary>
internal sealed class UsageTail
{
    /// <summary>Watchers at once: each has a queue of its own.</summary>
    public const int WatchersMax = 64;

    /// <summary>Records that wait for one watcher.</summary>
    public const int QueueMax = 1_024;

    private ImmutableArray<Watcher> _watchers = [];

    /// <summary>Shows a record that was written.</summary>
    public void Publish(UsageRecord record)
    {
        foreach (var watcher in _watchers) watcher.Take(record);
    }

    /// <summary>Watches from now on, until it is disposed; none if too many watch already.</summary>
    public Watcher? Watch(Func<UsageRecord, bool> wanted)
    {
        var watcher = new Watcher(this, wanted);
        var isThere = ImmutableInterlocked.Update(
            ref _watchers, static (all, one) => all.Length < WatchersMax ? all.Add(one) : all, watcher);
        return isThere ? watcher : null;
    }

    /// <summary>One who watches.</summary>
    internal sealed class Watcher(UsageTail tail, Func<UsageRecord, bool> wanted) : IDisposable
    {
        private readonly Channel<UsageRecord> _queue = Channel.CreateBounded<UsageRecord>(new BoundedChannelOptions(QueueMax) { SingleReader = true });
        private long _lost;

        /// <summary>What has come, in order.</summary>
        public ChannelReader<UsageRecord> Records => _queue.Reader;

        /// <summary>How many did not fit since it was asked last.</summary>
        public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

        public void Take(UsageRecord record)
        {
            if (wanted(record) && !_queue.Writer.TryWrite(record)) Interlocked.Increment(ref _lost);
        }

        public void Dispose() => ImmutableInterlocked.Update(ref tail._watchers, static (all, one) => all.Remove(one), this);
    }
}
