using System.Buffers;
using System.Collections.Concurrent;

namespace OrleansGateway.Telemetry;

/// <summary>
/// Writes the access log away from the requests: they put lines on a bounded queue, one thread writes them in batches. A full queue drops the line
/// and counts it, for a slow disk must not slow a request.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int BatchBytesMax = 64 * 1024;
    private const int PooledLineBytesMax = 8 * 1024;
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(5);

    // Waking a thread and writing to a file cost more than many lines do: a line waits this long for others.
    private static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(10);

    private readonly string _folder;
    private readonly Stream _standardOutput;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessLog> _log;
    private readonly int _linesMax;
    private readonly ConcurrentQueue<AccessLine> _queue = new();
    private readonly ConcurrentQueue<AccessLine> _pool = new();
    private readonly AutoResetEvent _some = new(initialState: false);
    private readonly AutoResetEvent _hurry = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytesMax);
    private AccessLogFile? _file;
    private string _output = "";
    private int _queued;
    private int _pooled;
    private int _batchLines;
    private bool _failing;
    private volatile bool _closing;

    /// <param name="folder">Where relative paths of files start: the folder of the configuration.</param>
    /// <param name="standardOutput">Where <c>stdout</c> goes. Stays open.</param>
    /// <param name="metrics">Counts what is dropped.</param>
    /// <param name="time">Clock for looking after the file.</param>
    /// <param name="log">Told when a file cannot be written, and when it can again.</param>
    /// <param name="linesMax">Length of the queue, in lines of about half a kibibyte.</param>
    public AccessLog(
        string folder, Stream standardOutput, GatewayMetrics metrics, TimeProvider time, ILogger<AccessLog> log, int linesMax = 8192)
    {
        (_folder, _standardOutput, _metrics, _time, _log, _linesMax) = (folder, standardOutput, metrics, time, log, linesMax);
        new Thread(Run) { IsBackground = true, Name = "access log" }.Start();
    }

    /// <summary>A line to fill and to <see cref="Post"/>.</summary>
    public AccessLine Rent()
    {
        if (!_pool.TryDequeue(out var line)) return new AccessLine();
        Interlocked.Decrement(ref _pooled);
        return line;
    }

    /// <summary>Hands a filled line over. Never waits.</summary>
    public void Post(AccessLine line, string output)
    {
        var queued = Interlocked.Increment(ref _queued);
        if (queued > _linesMax || _closing)
        {
            Interlocked.Decrement(ref _queued);
            GiveBack(line);
            _metrics.AccessLogDropped(1);
            return;
        }

        line.Output = output;
        _queue.Enqueue(line);
        if (queued == 1) _some.Set();
        else if (queued == (_linesMax / 4) + 1) _hurry.Set();
    }

    /// <summary>Writes what is queued, then closes. Gives up after 5 s: a stuck disk must not keep the program from ending.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        _hurry.Set();
        _some.Set();
        try
        {
            await _ended.Task.WaitAsync(FlushTimeout, _time);
        }
        catch (TimeoutException)
        {
            _log.NotFlushed(FlushTimeout);
        }
    }

    private void Run()
    {
        while (!_closing)
        {
            _some.WaitOne();
            do
            {
                if (!_closing) _hurry.WaitOne(BatchDelay);
                WriteQueued();
            }
            while (Volatile.Read(ref _queued) > 0);
        }

        _file?.Dispose();
        _ended.SetResult();
    }

    private void WriteQueued()
    {
        while (_queue.TryDequeue(out var line))
        {
            Interlocked.Decrement(ref _queued);
            // Lines of an old configuration may still come between those of the new one.
            if (line.Output != _output || _batch.WrittenCount >= BatchBytesMax) Flush();
            if (line.Output != _output) Open(line.Output);
            _batch.Write(line.Bytes.Span);
            _batchLines++;
            GiveBack(line);
        }

        Flush();
    }

    private void Open(string output)
    {
        _output = output;
        _file?.Dispose();
        _file = null;
    }

    private void Flush()
    {
        if (_batchLines == 0) return;
        try
        {
            if (_output == "stdout") _standardOutput.Write(_batch.WrittenSpan);
            else (_file ??= new AccessLogFile(Path.GetFullPath(_output, _folder), _time)).Append(_batch.WrittenSpan);
            if (_failing) _log.WrittenAgain(_output);
            _failing = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            _metrics.AccessLogDropped(_batchLines);
            if (!_failing) _log.NotWritten(_output, fault.Message);
            _failing = true;
        }

        _batch.ResetWrittenCount();
        _batchLines = 0;
    }

    private void GiveBack(AccessLine line)
    {
        // A client with long names must not leave long buffers behind.
        if (line.Capacity > PooledLineBytesMax || Volatile.Read(ref _pooled) >= _linesMax)
        {
            line.Dispose();
            return;
        }

        Interlocked.Increment(ref _pooled);
        _pool.Enqueue(line);
    }
}

internal static partial class AccessLogLog
{
    [LoggerMessage(2001, LogLevel.Error, "The access log {Output} cannot be written, its lines are dropped: {Reason}")]
    public static partial void NotWritten(this ILogger log, string output, string reason);

    [LoggerMessage(2002, LogLevel.Information, "The access log {Output} is written again")]
    public static partial void WrittenAgain(this ILogger log, string output);

    [LoggerMessage(2003, LogLevel.Warning, "The access log was not written to its end within {Timeout}")]
    public static partial void NotFlushed(this ILogger log, TimeSpan timeout);
}
