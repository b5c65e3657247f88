using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace OrleansGateway.Telemetry;

/// <summary>
/// Writes the access log away from the requests: they put lines on a bounded queue, one loop writes them in batches. A full queue drops the line
/// and counts it, for a slow disk must not slow a request.
/// </summary>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int BatchBytesMax = 64 * 1024;
    private const int PooledLineBytesMax = 8 * 1024;
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(5);

    private readonly string _folder;
    private readonly Stream _standardOutput;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessLog> _log;
    private readonly int _linesMax;
    private readonly Channel<AccessLine> _queue;
    private readonly ConcurrentQueue<AccessLine> _pool = new();
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytesMax);
    private readonly Task _loop;
    private AccessLogFile? _file;
    private int _batchLines;
    private bool _failing;

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
        _queue = Channel.CreateBounded<AccessLine>(new BoundedChannelOptions(linesMax) { SingleReader = true });
        _loop = Task.Run(RunAsync);
    }

    /// <summary>A line to fill and to <see cref="Post"/>.</summary>
    public AccessLine Rent() => _pool.TryDequeue(out var line) ? line : new AccessLine();

    /// <summary>Hands a filled line over. Never waits.</summary>
    public void Post(AccessLine line, string output)
    {
        line.Output = output;
        if (_queue.Writer.TryWrite(line)) return;
        GiveBack(line);
        _metrics.AccessLogDropped(1);
    }

    /// <summary>Writes what is queued, then closes. Gives up after 5 s: a stuck disk must not keep the program from ending.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await _loop.WaitAsync(FlushTimeout, _time);
        }
        catch (TimeoutException)
        {
            _log.NotFlushed(FlushTimeout);
        }
    }

    private async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            await WriteQueuedAsync();
        }

        _file?.Dispose();
    }

    private async ValueTask WriteQueuedAsync()
    {
        var output = "";
        while (_queue.Reader.TryRead(out var line))
        {
            // Lines of an old configuration may still come between those of the new one.
            if (line.Output != output || _batch.WrittenCount >= BatchBytesMax) await FlushAsync(output);
            output = line.Output;
            _batch.Write(line.Bytes.Span);
            _batchLines++;
            GiveBack(line);
        }

        await FlushAsync(output);
    }

    private async ValueTask FlushAsync(string output)
    {
        if (_batchLines == 0) return;
        try
        {
            if (output == "stdout") await _standardOutput.WriteAsync(_batch.WrittenMemory);
            else await FileOf(output).AppendAsync(_batch.WrittenMemory);
            if (_failing) _log.WrittenAgain(output);
            _failing = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            _metrics.AccessLogDropped(_batchLines);
            if (!_failing) _log.NotWritten(output, fault.Message);
            _failing = true;
        }

        _batch.ResetWrittenCount();
        _batchLines = 0;
    }

    private AccessLogFile FileOf(string output)
    {
        var path = Path.GetFullPath(output, _folder);
        if (_file?.Path == path) return _file;
        _file?.Dispose();
        return _file = new AccessLogFile(path, _time);
    }

    private void GiveBack(AccessLine line)
    {
        // A client with long names must not leave long buffers behind.
        if (line.Capacity <= PooledLineBytesMax && _pool.Count < _linesMax) _pool.Enqueue(line);
        else line.Dispose();
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
