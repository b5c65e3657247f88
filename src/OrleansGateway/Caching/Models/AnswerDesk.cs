using OrleansGateway.Caching.Figures;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Models.Relays;
using OrleansGateway.Prices;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Models;

/// <summary>Gives out answers that no provider was asked for: stored ones, and those that another call has asked for. All go the way that a provider's own would go.</summary>
internal sealed class AnswerDesk(ModelCacheMetrics metrics, CacheFigures figures, Readiness readiness, Random random, TimeProvider time)
{
    private static readonly Waits s_unbounded = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, null);

    /// <summary>Gives a stored answer; false if it is not for this call, which then got nothing.</summary>
    public async ValueTask<bool> TryGiveAsync(Exchange exchange, ModelCall call, AnswerOrder order, StoredAnswer stored)
    {
        if (order.IsChat && call.Stream && stored.IsStream && call.Envelope.IncludeUsage && !stored.TellsUsage) return false;
        var (isStream, age) = (order.IsChat && call.Stream, stored.Age(time));
        if (stored.TryCopy(isStream, random) is not { } body) return false;
        var times = order.Settings.Pacing == Configuration.StreamPacing.Original && isStream && stored.IsStream ? stored.Times : null;
        await using var response = new StoredResponse(isStream == stored.IsStream ? stored.ContentType : FormOf(isStream), body, times, time);
        exchange.Cache = CacheUse.Hit;
        exchange.Http.Response.Headers.Age = ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var detail = order.Invalidations.IsSuspect ? "; detail=suspect" : "";
        CacheStatus.Write(exchange.Http.Response, string.Create(CultureInfo.InvariantCulture, $"hit; ttl={(long)(stored.Ttl - age).TotalSeconds}{detail}"));
        using var deadline = new Deadline(s_unbounded, time, exchange.Aborted);
        if (await CarryAsync(exchange, call, order, response, deadline)) return true;
        exchange.Http.Response.Headers.Remove("Age");
        return false;
    }

    /// <summary>Gives what another call has asked for, as it comes; false if that comes to nothing, and this call got nothing of it.</summary>
    public async ValueTask<bool> TryFollowAsync(Exchange exchange, ModelCall call, AnswerOrder order, SharedAnswer coming)
    {
        if (order.IsStream && coming.Order is { IsStream: true, TellsUsage: false } && call.Envelope.IncludeUsage) return false;
        try
        {
            if (await coming.Begun.WaitAsync(exchange.Aborted) is not var (head, shared) || shared.TryRead() is not { } reader) return false;
            exchange.Cache = CacheUse.Collapsed;
            CacheStatus.Write(exchange.Http.Response, "fwd=miss; collapsed");
            await using var live = new SharedResponse(head, reader, ended: null);
            var waits = order.Target.Timeouts;
            using var deadline = new Deadline(new Waits(waits.FirstToken, waits.Idle, waits.Total), time, exchange.Aborted);
            deadline.AwaitFirstByte();
            if (!order.IsChat || AnswerCarrier.IsStream(live) == call.Stream) return await CarryAsync(exchange, call, order, live, deadline);
            if (await TurnAsync(live, order, call.Stream, deadline) is not { } turned) return false;
            await using var whole = new StoredResponse(FormOf(call.Stream), turned, times: null, time);
            return await CarryAsync(exchange, call, order, whole, deadline);
        }
        catch (OperationCanceledException) when (exchange.Aborted.IsCancellationRequested)
        {
            call.Outcome = readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
            throw;
        }
    }

    private async ValueTask<bool> CarryAsync(Exchange exchange, ModelCall call, AnswerOrder order, UpstreamResponse response, Deadline deadline)
    {
        if (UpstreamCall.Prepare(exchange, call, order.Target, time, out var upstream) is not null) return false;
        // Whoever asked first may have wanted the usage in the stream, and this one not.
        var relay = upstream!.Relay is OpenAIPassThrough ? new OpenAIPassThrough(takeOutUsage: !call.Envelope.IncludeUsage) : upstream.Relay;
        try
        {
            if (await AnswerCarrier.CarryAsync(exchange, call, relay, response, deadline, time) is not null) return false;
        }
        catch (OperationCanceledException) when (exchange.Aborted.IsCancellationRequested)
        {
            call.Outcome = readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
            throw;
        }

        Save(exchange, call, order);
        return true;
    }

    /// <summary>What the answer tells of usage was used by another call: here it is what was saved.</summary>
    private void Save(Exchange exchange, ModelCall call, AnswerOrder order)
    {
        var (tokens, tenant) = (call.Usage ?? default, exchange.Caller?.Tenant);
        var price = order.Target.BilledPrice(exchange.Snapshot.TariffOf(tenant), call.Entry.Name);
        var saved = new SavedUsage(tokens, price is null ? 0 : Cost.Of(price, tokens, call.ServiceTier).Total);
        (call.Saved, call.Usage, call.ServiceTier) = (saved, null, null);
        metrics.Saved(tenant, call.Model, saved);
        figures.Of(exchange).Saved(tokens.TotalInput + tokens.Output, saved.Billed);
    }

    /// <summary>The other form of an answer that is on its way, once it is whole; none if it never is.</summary>
    private static async ValueTask<byte[]?> TurnAsync(SharedResponse live, AnswerOrder order, bool asStream, Deadline deadline)
    {
        using var body = new PooledBuffer(16 << 10);
        try
        {
            while (await live.ReadAsync(body.GetMemory(4 << 10), deadline.Token) is > 0 and var bytes) body.Advance(bytes);
            if (KnownAnswer.Read(order.Dialect, order.IsChat, AnswerCarrier.IsStream(live), body.WrittenSpan) is null) return null;
            return AnswerForms.TryTurn(order.Dialect, body.WrittenSpan, asStream);
        }
        catch (Exception broken) when (broken is UpstreamException || (broken is OperationCanceledException && deadline.Expired))
        {
            return null;
        }
    }

    private static string FormOf(bool isStream) => isStream ? "text/event-stream; charset=utf-8" : "application/json";
}
