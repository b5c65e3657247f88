using System.Buffers;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Models.Relays;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;

namespace OrleansGateway.Routing;

/// <summary>One attempt at one target: sends, judges the answer's head, and has the answer carried to the client.</summary>
internal sealed class Attempts(Upstreams upstreams, AdaptiveGates gates, Readiness readiness, TimeProvider time)
{
    private const int ErrorBytesMax = 64 << 10;

    private static readonly Refusal s_busy = new(
        503, "provider_busy", "The provider of this model has as many requests as it can take now. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    /// <summary>None if the client has its answer, whole or ended by an error it was told of; else why it has nothing yet.</summary>
    public ValueTask<Failure?> RunAsync(Exchange exchange, ModelCall call, Target target) =>
        call.Allowance is { } allowance ? RunAsync(exchange, call, target, allowance) : EnterAsync(exchange, call, target);

    private async ValueTask<Failure?> RunAsync(Exchange exchange, ModelCall call, Target target, IAllowance allowance)
    {
        if (await allowance.BeginAsync(target, exchange.Aborted) is { } tooLittle) return new Failure(tooLittle, TryNext: true) { NotSent = true };
        return await EnterAsync(exchange, call, target);
    }

    private ValueTask<Failure?> EnterAsync(Exchange exchange, ModelCall call, Target target) =>
        target.Provider.Settings.AdaptiveConcurrency is { } settings ? EnterAsync(exchange, call, target, settings) : SendAsync(exchange, call, target);

    private async ValueTask<Failure?> EnterAsync(Exchange exchange, ModelCall call, Target target, AdaptiveSettings settings)
    {
        var gate = gates.OfProvider(target.Provider.Id);
        if (!gate.TryEnter(settings)) return new Failure(s_busy, TryNext: true) { NotSent = true };
        var signal = AdaptiveSignal.Unknown;
        var startedAt = time.GetTimestamp();
        try
        {
            var failure = await SendAsync(exchange, call, target);
            // Other errors are often said at once: as answers they would make all others look slow.
            signal = failure is { Status: 429 or 503 or 529 } or { Refusal.Status: StatusCodes.Status504GatewayTimeout } ? AdaptiveSignal.Overloaded
                : failure is null && call.HeadAt != 0 ? AdaptiveSignal.Answered : AdaptiveSignal.Unknown;
            return failure;
        }
        finally
        {
            gate.Leave(signal, time.GetElapsedTime(startedAt, call.HeadAt));
        }
    }

    private async ValueTask<Failure?> SendAsync(Exchange exchange, ModelCall call, Target target)
    {
        if (UpstreamCall.Prepare(exchange, call, target, time, out var upstream) is { } refusal) return new Failure(refusal, TryNext: true) { NotSent = true };
        // An answer that is read to its end though nobody waits for it ends with the gateway, at the latest.
        exchange.Aborted.ThrowIfCancellationRequested();
        var aborted = call.Lifetime ?? (call.IsDrained ? readiness.CutOff : exchange.Aborted);
        using var deadline = new Deadline(new Waits(target.Timeouts.FirstToken, target.Timeouts.Idle, target.Timeouts.Total), time, aborted);
        deadline.AwaitFirstByte();
        (call.WasSent, call.AttemptWasSent) = (true, true);
        try
        {
            var answer = await upstreams.For(target.Provider).SendAsync(upstream!.Request, deadline.Token);
            await using var response = call.Tap?.Of(call, target, answer) ?? answer;
            (call.HeadAt, call.UpstreamStatus) = (time.GetTimestamp(), response.Status);
            AnswerHead.Note(call, response);
            return await CarryAsync(exchange, call, upstream, response, deadline);
        }
        catch (UpstreamException broken)
        {
            return new Failure(Refusal.BadGateway($"The provider of this model failed: {broken.Message}."), TryNext: true);
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            // It may be at work on the answer still.
            return new Failure(Refusal.GatewayTimeout($"The provider of this model {deadline.Reason}."), TryNext: true) { MayBeBilled = true };
        }
        catch (OperationCanceledException) when (exchange.Aborted.IsCancellationRequested)
        {
            call.Outcome = readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
            throw;
        }
        finally
        {
            call.Connected = upstream!.Request.Connected;
        }
    }

    private async ValueTask<Failure?> CarryAsync(Exchange exchange, ModelCall call, UpstreamCall upstream, UpstreamResponse response, Deadline deadline)
    {
        if (response.Status is < 200 or > 299) return await ReadErrorAsync(call, upstream, response, deadline);
        if (response.Header("Content-Encoding") is not null)
            return new Failure(Refusal.BadGateway("The provider of this model sent a compressed answer that was not asked for."), TryNext: true) { MayBeBilled = true };
        var refusal = await AnswerCarrier.CarryAsync(exchange, call, upstream.Relay, response, deadline, time);
        return refusal is null ? null : new Failure(refusal, TryNext: true) { MayBeBilled = true };
    }

    private static async ValueTask<Failure> ReadErrorAsync(ModelCall call, UpstreamCall upstream, UpstreamResponse response, Deadline deadline)
    {
        var body = new ArrayBufferWriter<byte>(4 << 10);
        deadline.AwaitNext();
        while (body.WrittenCount < ErrorBytesMax && await response.ReadAsync(body.GetMemory(4 << 10), deadline.Token) is > 0 and var bytes) body.Advance(bytes);
        var retryAfter = response.Header("Retry-After");
        var wait = int.TryParse(retryAfter, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        // A redirect is no answer, and where it points is not the client's to see.
        var status = response.Status < 400 ? 502 : response.Status;
        var refusal = ProviderError.FromAnswer(status, body.WrittenMemory, wait);
        var isJson = response.Header("Content-Type")?.Contains("json", StringComparison.OrdinalIgnoreCase) ?? false;
        var isWhole = body.WrittenCount < ErrorBytesMax;
        var own = upstream.Dialect == call.Endpoint.Dialect && isJson && isWhole && refusal.Status == response.Status;
        return new Failure(refusal, MayPass(status), response.Status, own ? new ErrorAnswer("application/json", retryAfter, body.WrittenMemory) : null);
    }

    /// <summary>
    /// Whether another target may do better: the provider is overloaded, broken, does not know the model, or refused our account. What is wrong with the
    /// request is wrong everywhere.
    /// </summary>
    private static bool MayPass(int status) => status is 404 or 408 or 409 or 425 or 429 or >= 500 || ProviderError.IsOurFault(status);
}
