using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>One request on its way to an upstream: tried at one target after the other, as long as that is safe and the upstream's budget allows.</summary>
internal sealed class Forward(Exchange exchange, PoolState pool, string? upgrade, Carriers carriers, Readiness readiness, TimeProvider time, ILogger log)
{
    private static readonly Refusal s_unavailable = new(
        503, "upstream_unavailable", "No target of this path's upstream can take the request now. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly RetrySettings _retries = exchange.Route!.Upstream!.Settings.Retries;
    private readonly ForwardFacts _facts = exchange.Forward!;
    private readonly ClientBody? _body = upgrade is null ? ClientBody.Of(exchange, ForwardStage.BodyBytesMax(exchange), time) : null;
    private readonly PoolTarget?[] _tried = new PoolTarget?[exchange.Route!.Upstream!.Settings.Retries.Attempts + 1];
    private readonly ulong _hash = PoolHash.Of(exchange.Route!.Upstream!.Settings.Hash, exchange.Http.Request, exchange.ClientAddress);

    public async ValueTask RunAsync(string path)
    {
        var target = pool.Take(_hash, default);
        var refusal = target is null ? s_unavailable : null;
        while (target is not null)
        {
            var attempt = new ForwardAttempt(exchange, pool, target, _body, carriers, readiness, time);
            _facts.Target = target.Name;
            _tried[_facts.Attempts++] = target;
            var isRetry = _facts.Attempts > 1;
            try
            {
                (target, refusal) = await AttemptAsync(attempt, path);
            }
            finally
            {
                if (isRetry) pool.RetryEnded();
            }
        }

        if (refusal is not null) exchange.Refuse(refusal);
    }

    /// <summary>The target to try next, or why there is no answer; neither if the client has one.</summary>
    private async ValueTask<(PoolTarget? Next, Refusal? Refusal)> AttemptAsync(ForwardAttempt attempt, string path)
    {
        await using (attempt)
        {
            var failure = await attempt.SendAsync(path, upgrade);
            if (failure is not null) log.TargetFailed(exchange.Id, pool.Id, attempt.Target.Name, failure.Refusal.Message);
            if ((failure is not null || IsRetried(attempt.Answer!)) && Next(failure) is { } next) return (next, null);
            if (failure is null) await attempt.PassOnAsync();
            return (null, failure?.Refusal);
        }
    }

    /// <summary>Whether another target is asked rather than this answer passed on. A wait it names that is longer than a second is the client's to wait.</summary>
    private bool IsRetried(UpstreamResponse answer)
    {
        if (!_retries.Statuses.Contains(answer.Status) || upgrade is not null) return false;
        return answer.Header("Retry-After") is not { } wait || (int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 1);
    }

    /// <summary>
    /// The target that the request may go to next; none if it may not go again (RFC 9110 §9.2.2), too many have, or there is none. A target that failed is taken again
    /// only if there is no other, and it could be reached.
    /// </summary>
    private PoolTarget? Next(ForwardFailure? failure)
    {
        var maySend = failure is { NothingSent: true } || _retries.NonIdempotent || IsIdempotent(exchange.Http.Request.Method);
        if (!maySend || _facts.Attempts > _retries.Attempts || _body is { Stream.IsWhole: false } || exchange.Aborted.IsCancellationRequested) return null;
        if (!pool.TryBeginRetry()) return null;
        var next = pool.Take(_hash, _tried.AsSpan(0, _facts.Attempts)) ?? (failure is { NothingSent: true } ? null : pool.Take(_hash, default));
        if (next is null) pool.RetryEnded();
        return next;
    }

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method);
}

internal static partial class ForwardLog
{
    [LoggerMessage(2201, LogLevel.Warning, "Request {RequestId}: target {Target} of upstream {Upstream} did not answer: {Reason}")]
    public static partial void TargetFailed(this ILogger log, string requestId, string upstream, string target, string reason);
}
