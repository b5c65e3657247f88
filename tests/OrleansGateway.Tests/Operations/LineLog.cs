namespace OrleansGateway.Tests.Operations;

/// <summary>Lines as a program writes them: kept, and waited for.</summary>
internal sealed class LineLog
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    public LineLog(StreamReader source) => _reading = ReadAsync(source);

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock) return [.. _lines];
        }
    }

    public string Text => string.Join('\n', Lines);

    /// <summary>Completes when the program has closed its end.</summary>
    public Task Ended => _reading;

    /// <summary>The first line that holds the text, once it is there; fails if the program ends without it.</summary>
    public async Task<string> WaitForAsync(string text, CancellationToken cancellation)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_lines.Find(l => l.Contains(text, StringComparison.Ordinal)) is { } line) return line;
                Assert.False(_ended, $"The program ended without a line with '{text}':\n{string.Join('\n', _lines)}");
                more = _more.Task;
            }

            await more.WaitAsync(cancellation);
        }
    }

    private async Task ReadAsync(StreamReader source)
    {
        while (await source.ReadLineAsync() is { } line) Note(() => _lines.Add(line));
        Note(() => _ended = true);
    }

    private void Note(Action change)
    {
        TaskCompletionSource noted;
        lock (_lock)
        {
            change();
            (noted, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        noted.SetResult();
    }
}
