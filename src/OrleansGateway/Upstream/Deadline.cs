using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>
/// The clock of one attempt: one token that is cancelled when the client goes, when the phase takes too long, or when the attempt as a whole does. Re-armed
/// for each phase; costs one timer.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _aborted;
    private readonly TimeoutSettings _timeouts;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private bool _answering;

    public Deadline(TimeoutSettings timeouts, TimeProvider time, CancellationToken aborted)
    {
        (_timeouts, _time, _aborted) = (timeouts, time, aborted);
        _startedAt = time.GetTimestamp();
        _source = new CancellationTokenSource(timeouts.Total, time);
        _registration = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether time ran out, rather than the client going away.</summary>
    public bool Expired => _source.IsCancellationRequested && !_aborted.IsCancellationRequested;

    /// <summary>What took too long, to follow "the provider".</summary>
    public string Reason => _time.GetElapsedTime(_startedAt) >= _timeouts.Total
        ? $"took longer than the {Seconds(_timeouts.Total)} allowed in total"
        : _answering ? "fell silent in the middle of its answer" : $"sent no answer within {Seconds(_timeouts.FirstToken)}";

    public void AwaitFirstToken() => Arm(_timeouts.FirstToken, answering: false);

    public void AwaitNext() => Arm(_timeouts.Idle, answering: true);

    /// <summary>While the client takes what it got, only the total counts: its slowness is not the provider's.</summary>
    public void AwaitClient() => Arm(_timeouts.Total, answering: true);

    public void Dispose()
    {
        _registration.Dispose();
        _source.Dispose();
    }

    private void Arm(TimeSpan wait, bool answering)
    {
        _answering = answering;
        var left = _timeouts.Total - _time.GetElapsedTime(_startedAt);
        if (left < wait) wait = left;
        _source.CancelAfter(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
    }

    private static string Seconds(TimeSpan span) => $"{span.TotalSeconds:0.###} s";
}
