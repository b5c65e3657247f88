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
    private readonly Forward _forward;
    private readonly Deadline _deadline;
    private readonly bool _isRetry;
    private UpstreamRequest? _request;
    private AttemptResult _result = AttemptResult.Cancelled;
    private string? _error;

    public ForwardAttempt(Forward forward, PoolTarget target, bool isRetry)
    {
        (_forward, Target, _isRetry) = (forward, target, isRetry);
        var waits = forward.Settings.Timeouts;
        _deadline = new Deadline(new Waits(waits.FirstByte, waits.Idle, waits.Total), Time, forward.Aborted);
        Body?.Begin(_deadline);
    }

    public PoolTarget Target { get; }

    /// <summary>The answer, once its head has come.</summary>
    public UpstreamResponse? Answer { get; private set; }

    private ForwardFacts Facts => _forward.Facts;

    private ClientBody? Body => _forward.Body;

    private TimeProvider Time => _forward.Origin.Time;

    /// <summary>Sends the request and waits for the head of its answer. Throws what went wrong at the client's end.</summary>
    public async ValueTask<ForwardFailure?> SendAsync()
    {
        Facts.Attempt = ForwardSpan.Begin(_forward.Trace, _forward.Method, Target.Url, Facts.Attempts);
        var startedAt = Time.GetTimestamp();
        try
        {
            _request = NewRequest();
            _deadline.AwaitFirstByte();
            Answer = await _forward.Origin.Carriers.For(_forward.Pool.Access, Target.Url).SendAsync(_request, _deadline.Token);
            Facts.FirstByteAt = Time.GetTimestamp();
            // A client that is slow to send makes no upstream slow.
            Facts.SentAt = Math.Max(startedAt, Body?.ReadAt ?? 0);
            Facts.IsOverloaded = Answer.Status is 429 or 503;
            _result = Answer.Status is 502 or 503 or 504 ? AttemptResult.ServerFailure : AttemptResult.Answered;
            return null;
        }
        catch (UpstreamException broken)
        {
            _forward.ThrowIfClients();
            // Not this target's doing, and nothing that another would do better.
            if (broken.RequestAtFault) throw new BadHttpRequestException($"{broken.Message}.", StatusCodes.Status400BadRequest, broken);
            // What was kept back by our own limit says nothing of the target.
            if (!broken.NoneFree) _result = broken.NothingSent ? AttemptResult.ConnectFailed : AttemptResult.Broken;
            return Fail(Refusal.BadGateway($"The upstream of this path failed: {broken.Message}."), broken.NothingSent);
        }
        catch (OperationCanceledException) when (_deadline.Expired)
        {
            _result = AttemptResult.TimedOut;
            Facts.IsOverloaded = true;
            return Fail(Refusal.GatewayTimeout($"The upstream of this path {_deadline.Reason}."), nothingSent: false);
        }
        catch (Exception)
        {
            _forward.ThrowIfClients();
            throw;
        }
    }

    /// <summary>Passes the answer on. If it breaks off midway, so does the client's: it must not look whole.</summary>
    /// <param name="exchange">The client's request.</param>
    /// <param name="watch">Told of the answer; none if nobody is.</param>
    public async ValueTask PassOnAsync(Exchange exchange, IAnswerWatch? watch)
    {
        var answer = Answer!;
        AnswerHead.Copy(answer, exchange, exchange.Route!);
        if (watch is not null) await watch.HeadAsync(answer);
        if (answer.Status == StatusCodes.Status101SwitchingProtocols)
        {
            await PassBothWaysAsync(exchange, answer);
            return;
        }

        var body = new AnswerBody(exchange, answer, _deadline, watch);
        try
        {
            await body.CopyAsync();
            Facts.Outcome = answer.Status >= 500 ? CallOutcome.UpstreamError : CallOutcome.Completed;
        }
        catch (UpstreamException broken)
        {
            _forward.ThrowIfClients();
            Cut(exchange, broken.RequestAtFault ? _result : AttemptResult.Broken, CallOutcome.UpstreamCut, "broken");
        }
        catch (OperationCanceledException) when (_deadline.Expired)
        {
            if (body.AwaitsClient) Cut(exchange, _result, CallOutcome.ClientAborted, null);
            else Cut(exchange, AttemptResult.TimedOut, CallOutcome.UpstreamCut, "timeout");
        }
        catch (Exception)
        {
            _forward.ThrowIfClients();
            throw;
        }
    }

    /// <summary>Reads of the answer's body, within the upstream's timeouts; 0 at the proper end. Throws <see cref="UpstreamException"/> if it breaks off or falls silent.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        _deadline.AwaitNext();
        try
        {
            return await Answer!.ReadAsync(buffer, _deadline.Token);
        }
        catch (UpstreamException)
        {
            (_result, _error) = (AttemptResult.Broken, "broken");
            throw;
        }
        catch (OperationCanceledException) when (_deadline.Expired)
        {
            (_result, _error) = (AttemptResult.TimedOut, "timeout");
            throw new UpstreamException($"it {_deadline.Reason}");
        }
    }

    /// <summary>Until the next read only the total time counts.</summary>
    public void Pause() => _deadline.AwaitClient();

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
        if (Facts.Attempt is { } span) ForwardSpan.End(span, Answer?.Status, _error);
        Facts.Attempt = null;
        _deadline.Dispose();
        if (_isRetry) _forward.Pool.RetryEnded();
    }

    private async ValueTask PassBothWaysAsync(Exchange exchange, UpstreamResponse answer)
    {
        var isCut = await Tunnel.RunAsync(exchange, answer, _deadline);
        Facts.Outcome = isCut ? CallOutcome.UpstreamCut
            : !exchange.Aborted.IsCancellationRequested ? CallOutcome.Completed
            : _forward.Origin.Readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
        if (isCut) _error = "broken";
    }

    private UpstreamRequest NewRequest()
    {
        var upgrade = _forward.Upgrade;
        var request = new UpstreamRequest
        {
            Method = upgrade is null ? HttpMethod.Parse(_forward.Method) : HttpMethod.Get,
            Uri = Target.Url,
            Target = _forward.Path,
            Stream = Body?.Stream,
            Upgrade = upgrade,
            Interim = _forward.Interim,
            Access = _forward.Pool.Access,
            ConnectTimeout = _forward.Settings.Timeouts.Connect,
        };
        _forward.WriteHead(request, Facts.Attempt);
        return request;
    }

    private ForwardFailure Fail(Refusal refusal, bool nothingSent)
    {
        _error = refusal.Code;
        return new ForwardFailure(refusal, nothingSent);
    }

    private void Cut(Exchange exchange, AttemptResult result, CallOutcome outcome, string? error)
    {
        (_result, Facts.Outcome, _error) = (result, outcome, error);
        exchange.Http.Abort();
    }
}
