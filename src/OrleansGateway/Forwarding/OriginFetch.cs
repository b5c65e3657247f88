using System.Diagnostics;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>
/// A request of our own to a route's upstream, with all that clients' have: targets, retries, timeouts, the upstream's bounds, spans. It does not depend on any client,
/// and its answer is for whoever asks. Disposing of it ends it.
/// </summary>
internal sealed class OriginFetch(Origin origin, OriginRequest request, CancellationTokenSource cancellation) : Forward(origin, request.Route, request.Hash), IAsyncDisposable
{
    private ForwardAttempt? _attempt;
    private bool _hasEntered;

    public override string Method => request.Method;

    public override string Path => request.Path;

    public override string Id => request.Id;

    public override RequestTrace? Trace => request.Trace;

    public override CancellationToken Aborted => cancellation.Token;

    public override Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? Interim => request.Interim;

    /// <summary>The answer, once its head has come; none if none did.</summary>
    public UpstreamResponse? Answer => _attempt?.Answer;

    public override void WriteHead(UpstreamRequest sent, Activity? attempt)
    {
        sent.Headers.AddRange(request.Fields);
        RequestHead.Complete(sent.Headers, request.Trace, attempt, Route);
    }

    /// <summary>Sends it and waits for the head of the answer. Returns why there is none; none if there is one. Throws if cancelled. Called once.</summary>
    public async ValueTask<Refusal?> AskAsync()
    {
        if (Enter() is { } busy) return busy;
        _hasEntered = true;
        (_attempt, var refusal) = await SendAsync();
        return refusal;
    }

    /// <summary>
    /// Reads of the answer's body, within the upstream's timeouts; 0 at the proper end. Throws <see cref="UpstreamException"/> if it breaks off or falls silent, and
    /// <see cref="OperationCanceledException"/> if cancelled.
    /// </summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _attempt!.ReadAsync(buffer);

    /// <summary>The answer's body is waited for by nobody for now: the upstream's silence is not counted.</summary>
    public void Pause() => _attempt!.Pause();

    /// <summary>Passes the answer on to one client, as it comes. If the client goes, so does the fetch.</summary>
    public async ValueTask PassOnAsync(Exchange exchange, IAnswerWatch? watch)
    {
        Client = exchange;
        exchange.Forward = Facts;
        await using (exchange.Aborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), cancellation)) await _attempt!.PassOnAsync(exchange, watch);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_attempt is not null) await _attempt.DisposeAsync();
        }
        finally
        {
            if (_hasEntered) Leave();
            _hasEntered = false;
        }
    }
}
