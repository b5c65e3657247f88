using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Carries a stream from the provider to the client, event by event. Nothing goes out before the first part of the answer has come, so until then another
/// provider can be tried; after it, whatever goes wrong ends the client's stream with an error event, never with a normal end.
/// </summary>
internal sealed class StreamAnswer(Exchange exchange, ModelCall call, UpstreamResponse response, IEventRelay relay, Deadline deadline, TimeProvider time) : IDisposable
{
    private readonly PooledBuffer _pending = new(4 << 10);
    private readonly OutputMeter _meter = new(call.Said ??= new OutputText());
    private readonly bool _isRolling = call.Allowance is { IsRolling: true };
    private bool _begun;
    private bool _isTierSought;

    /// <summary>Carries it to its end. A refusal means that nothing went out.</summary>
    public async ValueTask<Refusal?> RunAsync()
    {
        using var events = new SseReader();
        try
        {
            if (await CarryAsync(events)) return null;
            return await FailAsync(relay.Failure ?? Refusal.BadGateway("The provider of this model broke off in the middle of its answer."));
        }
        catch (UpstreamException broken)
        {
            return await FailAsync(Refusal.BadGateway($"The provider of this model failed: {broken.Message}."));
        }
        catch (JsonException)
        {
            return await FailAsync(Refusal.BadGateway("The provider of this model sent an event that is not JSON."));
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            return await FailAsync(Refusal.GatewayTimeout($"The provider of this model {deadline.Reason}."));
        }
        finally
        {
            (call.Usage, call.FinishReason, call.OutputSeen) = (relay.Usage, relay.FinishReason, _meter.Tokens);
        }
    }

    public void Dispose() => _pending.Dispose();

    /// <summary>True once the whole answer is with the client; false if the provider reported a failure or stopped short.</summary>
    private async ValueTask<bool> CarryAsync(SseReader events)
    {
        while (true)
        {
            if (_begun) deadline.AwaitNext();
            var bytes = await response.ReadAsync(events.Free(), deadline.Token);
            events.Advance(bytes);
            var failed = bytes > 0 ? Take(events) : TakeLast(events);
            if (failed) return false;
            if (_isRolling && await IsUsedUpAsync(_meter)) relay.EndAtLimit(call.Allowance!.End(relay.Usage), _pending);
            var whole = bytes == 0 && relay.Finish(_pending);
            if (whole) Begin();
            if (_begun) await SendAsync();
            // Once the provider has said that it is done, the connection's own end may be late, or not proper, and tells nothing.
            whole |= relay.IsComplete;
            if (whole)
            {
                call.IsWhole = true;
                call.Outcome = exchange.Aborted.IsCancellationRequested ? CallOutcome.ClientAborted : CallOutcome.Completed;
                response.ExpectNoMore();
            }

            if (whole || bytes == 0) return whole;
        }
    }

    /// <summary>Takes the events that have come; true if the provider reports a failure.</summary>
    private bool Take(SseReader events)
    {
        while (events.TryRead(out var sse))
        {
            if (Take(sse)) return true;
        }

        return false;
    }

    private bool TakeLast(SseReader events) => events.TryReadLast(out var sse) && Take(sse);

    private bool Take(in SseEvent sse)
    {
        if (call.Attempt is not null) call.ResponseModel ??= JsonBytes.StringAfter(sse.Data, "\"model\""u8);
        var step = relay.Take(sse, _pending);
        _meter.Take(sse.Data, relay.Usage);
        if (!_isTierSought && relay.Usage is not null)
        {
            // It stands in the event that tells usage first, in both dialects.
            _isTierSought = true;
            call.ServiceTier = JsonBytes.StringAfter(sse.Data, "\"service_tier\""u8);
        }

        if (step == RelayStep.Content) Begin();
        return step == RelayStep.Failed;
    }

    private void Begin()
    {
        if (_begun) return;
        _begun = true;
        call.FirstByteAt = time.GetTimestamp();
        AnswerHead.Begin(exchange, 200, "text/event-stream; charset=utf-8", stream: true);
    }

    /// <summary>Whether no more may come. Asked after each read, so that what is held stays ahead of what the provider makes.</summary>
    private ValueTask<bool> IsUsedUpAsync(OutputMeter meter)
    {
        if (relay.FinishReason is not null || relay.IsComplete || meter.Tokens == 0) return new(false);
        // It may have to wait for others to give back; the provider, whose bytes are not read meanwhile, is not to blame.
        deadline.AwaitClient();
        return Negate(call.Allowance!.CoverAsync(meter.Tokens, deadline.Token));

        static async ValueTask<bool> Negate(ValueTask<bool> covered) => !await covered;
    }

    private async ValueTask SendAsync()
    {
        if (_pending.WrittenCount == 0) return;
        if (exchange.Aborted.IsCancellationRequested && call.IsDrained)
        {
            _pending.Clear();
            return;
        }

        deadline.AwaitClient();
        await exchange.Http.Response.BodyWriter.WriteAsync(_pending.WrittenMemory, deadline.Token);
        _pending.Clear();
    }

    /// <summary>Before the first byte a failure is for the next provider; after it, for the client.</summary>
    private async ValueTask<Refusal?> FailAsync(Refusal failure)
    {
        if (!_begun) return failure;
        call.Outcome = exchange.Aborted.IsCancellationRequested ? CallOutcome.ClientAborted : CallOutcome.UpstreamCut;
        if (!relay.ShowsFailure) ErrorBody.WriteEvent(exchange.Dialect, failure, exchange.Id, _pending);
        await exchange.Http.Response.BodyWriter.WriteAsync(_pending.WrittenMemory, exchange.Aborted);
        return null;
    }
}
