namespace OrleansGateway.Upstream;

/// <summary>How long to wait for an upstream.</summary>
/// <param name="FirstByte">From the request's end to the head of its answer.</param>
/// <param name="Idle">Longest silence once the answer has begun.</param>
/// <param name="Total">Longest time for the attempt as a whole; none for no bound.</param>
internal readonly record struct Waits(TimeSpan FirstByte, TimeSpan Idle, TimeSpan? Total);

/// <summary>
/// The clock of one attempt: one token that is cancelled when the client goes, when the phase takes too long, or when the attempt as a whole does. Re-armed
/// for each phase; costs one timer.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _aborted;
    private readonly Waits _waits;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private bool _answering;

    public Deadline(Waits waits, TimeProvider time, CancellationToken aborted)
    {
        (_waits, _time, _aborted) = (waits, time, aborted);
        _startedAt = time.GetTimestamp();
        _source = new CancellationTokenSource(waits.Total ?? Timeout.InfiniteTimeSpan, time);
        _registration = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether time ran out, rather than the client going away.</summary>
    public bool Expired => _source.IsCancellationRequested && !_aborted.IsCancellationRequested;

    /// <summary>What took too long, to follow "the provider".</summary>
    public string Reason => _waits.Total is { } total && _time.GetElapsedTime(_startedAt) >= total
        ? $"took longer than the {Seconds(total)} allowed in total"
        : _answering ? "fell silent in the middle of its answer" : $"sent no answer within {Seconds(_waits.FirstByte)}";

    public void AwaitFirstByte() => Arm(_waits.FirstByte, answering: false);

    public void AwaitNext() => Arm(_waits.Idle, answering: true);

    /// <summary>While the client takes what it got, only the total counts: its slowness is not the provider's.</summary>
    public void AwaitClient() => Arm(null, answering: true);

    /// <summary>While a piece of the request's body is awaited, its answer is not yet.</summary>
    public void AwaitRequest()
    {
        if (!_answering) Arm(null, answering: false);
    }

    /// <summary>A piece of the request's body has come: from now on the upstream has its time again.</summary>
    public void RequestProgressed() => Arm(_answering ? _waits.Idle : _waits.FirstByte, _answering);

    /// <summary>Gives the attempt up.</summary>
    public void Cancel() => _source.Cancel();

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }

    private void Arm(TimeSpan? wait, bool answering)
    {
        _answering = answering;
        if (_waits.Total is { } total)
        {
            var left = total - _time.GetElapsedTime(_startedAt);
            wait = wait < left ? wait : left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        _source.CancelAfter(wait ?? Timeout.InfiniteTimeSpan);
    }

    private static string Seconds(TimeSpan span) => $"{span.TotalSeconds:0.###} s";
}
