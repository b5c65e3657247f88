using System.Diagnostics;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>
/// One request on its way to an upstream: tried at one target after the other, as long as that is safe and the upstream's budget allows. It is a client's, alive
/// (<see cref="ClientForward"/>), or one of our own that was taken from a client's (<see cref="OriginFetch"/>).
/// </summary>
internal abstract class Forward
{
    private static readonly Refusal s_unavailable = new(
        503, "upstream_unavailable", "No target of this path's upstream can take the request now. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly Refusal s_busy = new(
        503, "upstream_busy", "The upstream of this path has as many requests as it can take now. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly RetrySettings _retries;
    private readonly PoolTarget?[] _tried;
    private readonly ulong _hash;
    private readonly AdaptiveGate? _gate;

    protected Forward(Origin origin, Route route, ulong hash)
    {
        (Origin, Route, _hash) = (origin, route, hash);
        Pool = origin.Pools.Of(route.Upstream!);
        _retries = Settings.Retries;
        _tried = new PoolTarget?[_retries.Attempts + 1];
        _gate = Settings.AdaptiveConcurrency is null ? null : origin.Gates.OfUpstream(Pool.Id);
        Facts = new ForwardFacts(Pool.Id);
    }

    public Origin Origin { get; }

    public Route Route { get; }

    public PoolState Pool { get; }

    public UpstreamSettings Settings => Route.Upstream!.Settings;

    /// <summary>What becomes of it.</summary>
    public ForwardFacts Facts { get; }

    /// <summary>The client's request that the answer goes to; none if it goes to none, or it is not known yet.</summary>
    public Exchange? Client { get; protected set; }

    /// <summary>Body of the request; none if it has none.</summary>
    public virtual ClientBody? Body => null;

    /// <summary>Protocol that the client asks to change to; none if it does not.</summary>
    public virtual string? Upgrade => null;

    public abstract string Method { get; }

    /// <summary>Path and query as they go out.</summary>
    public abstract string Path { get; }

    /// <summary>Names the request in logs.</summary>
    public abstract string Id { get; }

    public abstract RequestTrace? Trace { get; }

    /// <summary>Set when nobody waits for the answer any more.</summary>
    public abstract CancellationToken Aborted { get; }

    /// <summary>Told of interim answers; none if nobody is.</summary>
    public abstract Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? Interim { get; }

    /// <summary>Writes the head of the request as one attempt sends it.</summary>
    public abstract void WriteHead(UpstreamRequest request, Activity? attempt);

    /// <summary>A client that broke off, or whose body is no body, looks like a broken upstream from here; it is not.</summary>
    public void ThrowIfClients()
    {
        var isGone = Client is { Aborted.IsCancellationRequested: true };
        if (isGone) Facts.Outcome = Origin.Readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
        if (Body?.Failure is { } own) throw own as BadHttpRequestException ?? new BadHttpRequestException("The body broke off.", StatusCodes.Status400BadRequest, own);
        if (isGone) Client!.Aborted.ThrowIfCancellationRequested();
        Aborted.ThrowIfCancellationRequested();
    }

    /// <summary>Counts the request; or says that the upstream has too many. One that is counted is ended with <see cref="Leave"/>.</summary>
    protected Refusal? Enter()
    {
        if (_gate?.TryEnter(Settings.AdaptiveConcurrency!) is false) return s_busy;
        Pool.RequestBegan();
        return null;
    }

    protected void Leave()
    {
        Pool.RequestEnded();
        _gate?.Leave(SignalOf(Facts), Origin.Time.GetElapsedTime(Facts.SentAt, Facts.FirstByteAt));
    }

    /// <summary>The attempt that brought an answer, to be disposed of by the caller; or why there is none.</summary>
    protected async ValueTask<(ForwardAttempt? Answered, Refusal? Refusal)> SendAsync()
    {
        var target = Pool.Take(_hash, default);
        var refusal = target is null ? s_unavailable : null;
        while (target is not null)
        {
            var attempt = new ForwardAttempt(this, target, isRetry: Facts.Attempts > 0);
            Facts.Target = target.Name;
            _tried[Facts.Attempts++] = target;
            var isKept = false;
            try
            {
                var failure = await attempt.SendAsync();
                if (failure is not null) Origin.Log.TargetFailed(Id, Pool.Id, target.Name, failure.Refusal.Message);
                target = failure is not null || IsRetried(attempt.Answer!) ? Next(failure) : null;
                refusal = failure?.Refusal;
                isKept = failure is null && target is null;
                if (isKept) return (attempt, null);
            }
            finally
            {
                if (!isKept) await attempt.DisposeAsync();
            }
        }

        return (null, refusal);
    }

    /// <summary>Whether another target is asked rather than this answer passed on. A wait it names that is longer than a second is the client's to wait.</summary>
    private bool IsRetried(UpstreamResponse answer)
    {
        if (!_retries.Statuses.Contains(answer.Status) || Upgrade is not null) return false;
        return answer.Header("Retry-After") is not { } wait || (int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 1);
    }

    /// <summary>
    /// The target that the request may go to next; none if it may not go again (RFC 9110 §9.2.2), too many have, or there is none. A target that failed is taken again
    /// only if there is no other, and it could be reached.
    /// </summary>
    private PoolTarget? Next(ForwardFailure? failure)
    {
        var maySend = failure is { NothingSent: true } || _retries.NonIdempotent || IsIdempotent(Method);
        if (!maySend || Facts.Attempts > _retries.Attempts || Body is { Stream.IsWhole: false } || Aborted.IsCancellationRequested) return null;
        if (!Pool.TryBeginRetry()) return null;
        var next = Pool.Take(_hash, _tried.AsSpan(0, Facts.Attempts)) ?? (failure is { NothingSent: true } ? null : Pool.Take(_hash, default));
        if (next is null) Pool.RetryEnded();
        return next;
    }

    private static AdaptiveSignal SignalOf(ForwardFacts facts) =>
        facts.IsOverloaded ? AdaptiveSignal.Overloaded : facts.FirstByteAt != 0 ? AdaptiveSignal.Answered : AdaptiveSignal.Unknown;

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method);
}

internal static partial class ForwardLog
{
    [LoggerMessage(2201, LogLevel.Warning, "Request {RequestId}: target {Target} of upstream {Upstream} did not answer: {Reason}")]
    public static partial void TargetFailed(this ILogger log, string requestId, string upstream, string target, string reason);
}
