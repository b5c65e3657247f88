using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>Why a target gave no answer.</summary>
/// <param name="Refusal">What the client is told if nobody else answers.</param>
/// <param name="NothingSent">Whether the target cannot have acted on the request.</param>
internal sealed record ForwardFailure(Refusal Refusal, bool NothingSent);

/// <summary>
/// One attempt at one target: the request goes out, and its answer is passed on or thrown away. Disposing of it ends it: the request's body is read no more, and the
/// target is told how it did.
/// </summary>
internal sealed class ForwardAttempt : IAsyncDisposable
{
    private readonly Exchange _exchange;
    private readonly PoolState _pool;
    private readonly ClientBody? _body;
    private readonly Carriers _carriers;
    private readonly Readiness _readiness;
    private readonly TimeProvider _time;
    private readonly Deadline _deadline;
    private readonly ForwardFacts _facts;
    private UpstreamRequest? _request;
    private AttemptResult _result = AttemptResult.Cancelled;
    private string? _error;

    public ForwardAttempt(Exchange exchange, PoolState pool, PoolTarget target, ClientBody? body, Carriers carriers, Readiness readiness, TimeProvider time)
    {
        (_exchange, _pool, Target, _body, _carriers, _readiness, _time) = (exchange, pool, target, body, carriers, readiness, time);
        _facts = exchange.Forward!;
        var waits = exchange.Route!.Upstream!.Settings.Timeouts;
        _deadline = new Deadline(new Waits(waits.FirstByte, waits.Idle, waits.Total), time, exchange.Aborted);
        _body?.Begin(_deadline);
    }

    public PoolTarget Target { get; }

    /// <summary>The answer, once its head has come.</summary>
    public UpstreamResponse? Answer { get; private set; }

    /// <summary>Sends the request and waits for the head of its answer. Throws what went wrong at the client's end.</summary>
    public async ValueTask<ForwardFailure?> SendAsync(string path, string? upgrade)
    {
        _facts.Attempt = ForwardSpan.Begin(_exchange, Target.Url, _facts.Attempts);
        var startedAt = _time.GetTimestamp();
        try
        {
            _request = NewRequest(path, upgrade);
            _deadline.AwaitFirstByte();
            Answer = await _carriers.For(_pool.Access, Target.Url).SendAsync(_request, _deadline.Token);
            _facts.FirstByteAt = _time.GetTimestamp();
            // A client that is slow to send makes no upstream slow.
            _facts.SentAt = Math.Max(startedAt, _body?.ReadAt ?? 0);
            _facts.IsOverloaded = Answer.Status is 429 or 503;
            _result = Answer.Status is 502 or 503 or 504 ? AttemptResult.ServerFailure : AttemptResult.Answered;
            return null;
        }
        catch (UpstreamException broken)
        {
            ThrowIfClients();
            // Not this target's doing, and nothing that another would do better.
            if (broken.RequestAtFault) throw new BadHttpRequestException($"{broken.Message}.", StatusCodes.Status400BadRequest, broken);
            // What was kept back by our own limit says nothing of the target.
            if (!broken.NoneFree) _result = broken.NothingSent ? AttemptResult.ConnectFailed : AttemptResult.Broken;
            return Fail(Refusal.BadGateway($"The upstream of this path failed: {broken.Message}."), broken.NothingSent);
        }
        catch (OperationCanceledException) when (_deadline.Expired)
        {
            _result = AttemptResult.TimedOut;
            _facts.IsOverloaded = true;
            return Fail(Refusal.GatewayTimeout($"The upstream of this path {_deadline.Reason}."), nothingSent: false);
        }
        catch (Exception)
        {
            ThrowIfClients();
            throw;
        }
    }

    /// <summary>Passes the answer on. If it breaks off midway, so does the client's: it must not look whole.</summary>
    public async ValueTask PassOnAsync()
    {
        var answer = Answer!;
        AnswerHead.Copy(answer, _exchange, _exchange.Route!);
        if (answer.Status == StatusCodes.Status101SwitchingProtocols)
        {
            await PassBothWaysAsync(answer);
            return;
        }

        var body = new AnswerBody(_exchange, answer, _deadline);
        try
        {
            await body.CopyAsync();
            _facts.Outcome = answer.Status >= 500 ? CallOutcome.UpstreamError : CallOutcome.Completed;
        }
        catch (UpstreamException broken)
        {
            ThrowIfClients();
            Cut(broken.RequestAtFault ? _result : AttemptResult.Broken, CallOutcome.UpstreamCut, "broken");
        }
        catch (OperationCanceledException) when (_deadline.Expired)
        {
            if (body.AwaitsClient) Cut(_result, CallOutcome.ClientAborted, null);
            else Cut(AttemptResult.TimedOut, CallOutcome.UpstreamCut, "timeout");
        }
        catch (Exception)
        {
            ThrowIfClients();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Answer is not null) await Answer.DisposeAsync();
        if (_request is { BodySent.IsCompleted: false })
        {
            // The body belongs to the client's connection, which goes on without us.
            _deadline.Cancel();
            await _request.BodySent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Target.End(_result);
        if (_facts.Attempt is { } span) ForwardSpan.End(span, Answer?.Status, _error);
        _facts.Attempt = null;
        _deadline.Dispose();
    }

    private async ValueTask PassBothWaysAsync(UpstreamResponse answer)
    {
        var isCut = await Tunnel.RunAsync(_exchange, answer, _deadline);
        _facts.Outcome = isCut ? CallOutcome.UpstreamCut
            : !_exchange.Aborted.IsCancellationRequested ? CallOutcome.Completed
            : _readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
        if (isCut) _error = "broken";
    }

    private UpstreamRequest NewRequest(string path, string? upgrade)
    {
        var http = _exchange.Http;
        var request = new UpstreamRequest
        {
            Method = upgrade is null ? HttpMethod.Parse(http.Request.Method) : HttpMethod.Get,
            Uri = Target.Url,
            Target = path,
            Stream = upgrade is null ? _body?.Stream : null,
            Upgrade = upgrade,
            Interim = InterimAnswers.For(_exchange),
            Access = _pool.Access,
            ConnectTimeout = _exchange.Route!.Upstream!.Settings.Timeouts.Connect,
        };
        RequestHead.Write(_exchange, _exchange.Route, request);
        if (upgrade is not null) Tunnel.AddKey(http, request);
        return request;
    }

    private ForwardFailure Fail(Refusal refusal, bool nothingSent)
    {
        _error = refusal.Code;
        return new ForwardFailure(refusal, nothingSent);
    }

    private void Cut(AttemptResult result, CallOutcome outcome, string? error)
    {
        (_result, _facts.Outcome, _error) = (result, outcome, error);
        _exchange.Http.Abort();
    }

    /// <summary>A client that broke off, or whose body is no body, looks like a broken upstream from here; it is not.</summary>
    private void ThrowIfClients()
    {
        if (_exchange.Aborted.IsCancellationRequested) _facts.Outcome = _readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
        if (_body?.Failure is { } own) throw own as BadHttpRequestException ?? new BadHttpRequestException("The body broke off.", StatusCodes.Status400BadRequest, own);
        _exchange.Aborted.ThrowIfCancellationRequested();
    }
}
