using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>
/// All the numbers the gateway gives out, under the names of OpenTelemetry's semantic conventions where there are any. Tags hold only what the
/// operator has named (tenants, models, providers, routes) or a fixed few words; never text that a client makes up.
/// </summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "OrleansGateway";

    // Boxed once: a tag's value is an object, and a box per request would be garbage.
    private static readonly object[] Statuses = [.. Enumerable.Range(0, 600).Select(status => (object)status)];

    private readonly Histogram<double> _requestDuration;
    private readonly UpDownCounter<long> _activeRequests;
    private readonly Counter<long> _refusals;
    private readonly Histogram<double> _callDuration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _droppedLines;
    private readonly Counter<long> _tokenKeyFetches;
    private readonly Histogram<double> _externalAuthDuration;
    private readonly Counter<long> _exportFailures;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _limitDecisions;
    private readonly Counter<long> _overruns;
    private readonly Histogram<double> _limitWait;
    private readonly Counter<long> _streamsEnded;
    private readonly Counter<long> _ownerCalls;
    private readonly Counter<long> _webhookAttempts;
    private readonly Histogram<double> _webhookLag;
    private volatile string? _configVersion;
    private long _inFlight;
    private long _overloadLevel;
    private bool _isCalled;
    private double _queueDelay;
    private double _memoryShare;

    public GatewayMetrics()
    {
        Meter = new Meter(MeterName);
        _requestDuration = Seconds("http.server.request.duration", "Time from a request's head to the end of its answer.", HttpBuckets);
        _activeRequests = Meter.CreateUpDownCounter<long>("http.server.active_requests", "{request}", "Requests in flight.");
        _refusals = Count("gateway.refusals", "{request}", "Requests turned away, by the code of the error.");
        _callDuration = Seconds("gen_ai.server.request.duration", "Time from a model call's head to the end of its answer.", CallBuckets);
        _timeToFirstToken = Seconds("gen_ai.server.time_to_first_token", "Time until the first byte of a model's answer.", FirstTokenBuckets);
        _tokens = Count("gateway.tokens", "{token}", "Tokens the providers reported. Reasoning is part of output; the input classes are apart.");
        _attempts = Count("gateway.upstream.attempts", "{attempt}", "Requests sent to providers, retries and fallbacks included.");
        _reloads = Count("gateway.config.reloads", "{reload}", "Configurations read since the start, by whether they were applied or refused.");
        _droppedLines = Count("gateway.access_log.dropped", "{line}", "Lines of the access log that were not written.");
        _tokenKeyFetches = Count("gateway.auth.key_fetches", "{fetch}", "Fetches of issuers' public keys, by how they ended.");
        _externalAuthDuration = Seconds("gateway.auth.external.duration", "Time that a route's external service took to answer.", FirstTokenBuckets);
        _exportFailures = Count("gateway.telemetry.export_failures", "{request}", "Sendings to a collector that it did not take, by what was sent.");
        _shed = Count("gateway.shed", "{request}", "Requests refused because there was more than could be served, by priority of the route.");
        _limitDecisions = Count("gateway.limits.decisions", "{request}", "What rate limits and budgets decided; the rule is named where it is not to admit.");
        _overruns = Count("gateway.limits.hold_overruns", "{unit}", "Units that requests used beyond what was held for them. Stays 0, or a bound is set too low.");
        _limitWait = Seconds("gateway.limits.wait", "Time that requests waited for a limit.", FirstTokenBuckets);
        _streamsEnded = Count("gateway.limits.streams_ended", "{stream}", "Streams ended early, as too long, because a limit or budget had nothing left.");
        _ownerCalls = Count("gateway.limits.owner_calls", "{call}", "Questions to those who keep limits and budgets, by whether they were answered; in a cluster each is a call over the network.");
        _webhookAttempts = Count("gateway.webhooks.attempts", "{attempt}", "Events sent to webhooks, by what came of it; dead are those that went to the dead letters.");
        _webhookLag = Seconds("gateway.webhooks.lag", "Time from an event to its receipt by a webhook.", LagBuckets);
        Meter.CreateObservableGauge("gateway.overload.level", () => Volatile.Read(ref _overloadLevel), unit: null, "Classes of priority that are being refused: 0 to 3.");
        Meter.CreateObservableGauge("gateway.overload.queue_delay", () => Volatile.Read(ref _queueDelay), "s", "Time that work waited for a thread when last looked at.");
        Meter.CreateObservableGauge("gateway.overload.memory", () => Volatile.Read(ref _memoryShare), "1", "Memory held, as a share of what the process may have.");
        Meter.CreateObservableGauge("gateway.config.info", ObserveConfig, unit: null, "Version of the configuration that serves new requests.");
    }

    /// <summary>The meter of this gateway, one each: two gateways in one process do not mix their numbers.</summary>
    public Meter Meter { get; }

    // Buckets as the conventions advise (HTTP: http-metrics.md; model calls: gen-ai-metrics.md), in seconds.
    private static double[] HttpBuckets => [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static double[] CallBuckets => [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static double[] FirstTokenBuckets => [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static double[] LagBuckets => [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400];

    /// <summary>Requests of clients in flight, streams and upgraded connections among them.</summary>
    public long RequestsInFlight => Volatile.Read(ref _inFlight);

    /// <summary>Whether a request of a client has come since this was last asked.</summary>
    public bool TakeCalled() => Interlocked.Exchange(ref _isCalled, false);

    public void RequestStarted(string method)
    {
        Interlocked.Increment(ref _inFlight);
        // Read far more often than written: a store for each request would make the processors wait for each other.
        if (!Volatile.Read(ref _isCalled)) Volatile.Write(ref _isCalled, true);
        _activeRequests.Add(1, Tag("http.request.method", KnownMethod(method)));
    }

    /// <param name="method">As the client sent it.</param>
    /// <param name="route">Id of the route; none if no route matched.</param>
    /// <param name="status">Final status; 499 for a client that left before there was one.</param>
    /// <param name="duration">From the request's head to the end of its answer.</param>
    public void RequestEnded(string method, string? route, int status, TimeSpan duration)
    {
        var known = KnownMethod(method);
        Interlocked.Decrement(ref _inFlight);
        _activeRequests.Add(-1, Tag("http.request.method", known));
        _requestDuration.Record(duration.TotalSeconds,
            Tag("http.request.method", known),
            Tag("http.response.status_code", (uint)status < (uint)Statuses.Length ? Statuses[status] : Statuses[0]),
            Tag("http.route", route));
    }

    /// <param name="code">Code of the refusal: one of a fixed few.</param>
    public void Refused(string code) => _refusals.Add(1, Tag("code", code));

    /// <param name="priority">Priority of the route: <c>low</c>, <c>normal</c> or <c>high</c>.</param>
    public void Shed(string priority) => _shed.Add(1, Tag("priority", priority));

    public void OwnerCalled(bool isAnswered) => _ownerCalls.Add(1, Tag("outcome", isAnswered ? "answered" : "failed"));

    /// <param name="rule">Path of the rule; none if all had room.</param>
    /// <param name="outcome">What was decided: one of a fixed few words.</param>
    public void LimitDecided(string? rule, string outcome) => _limitDecisions.Add(1, Tag("rule", rule), Tag("outcome", outcome));

    /// <summary>A request used more than was held for it: must not happen.</summary>
    public void HoldOverrun(string rule, long units) => _overruns.Add(units, Tag("rule", rule));

    public void LimitWaited(TimeSpan duration) => _limitWait.Record(duration.TotalSeconds);

    /// <param name="rule">Path of the rule that had nothing left.</param>
    public void StreamEndedByLimit(string rule) => _streamsEnded.Add(1, Tag("rule", rule));

    /// <param name="webhook">Id of the webhook.</param>
    /// <param name="outcome"><c>received</c>, <c>failed</c>, <c>gone</c> or <c>dead</c>.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void WebhookSent(string webhook, string outcome, int times = 1) => _webhookAttempts.Add(times, Tag("webhook", webhook), Tag("outcome", outcome));

    /// <param name="webhook">Id of the webhook.</param>
    /// <param name="lag">From the event to its receipt.</param>
    public void WebhookReceived(string webhook, TimeSpan lag) => _webhookLag.Record(Math.Max(0, lag.TotalSeconds), Tag("webhook", webhook));

    /// <summary>Shows the load as it was seen last.</summary>
    public void LoadSeen(int level, TimeSpan queueDelay, double memoryShare)
    {
        Volatile.Write(ref _overloadLevel, level);
        Volatile.Write(ref _queueDelay, queueDelay.TotalSeconds);
        Volatile.Write(ref _memoryShare, memoryShare);
    }

    /// <summary>Books one model call that has ended.</summary>
    /// <param name="tenant">Id of the tenant; none if the caller was not known.</param>
    /// <param name="operation">What was asked for, such as <c>chat</c>.</param>
    /// <param name="call">What became of it.</param>
    /// <param name="duration">From the request's head to the end of the answer.</param>
    /// <param name="toFirstByte">From the request's head to the first byte of the answer; none if there was none.</param>
    public void CallEnded(string? tenant, string? operation, CallFacts call, TimeSpan duration, TimeSpan? toFirstByte)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", call.Provider },
            { "gen_ai.request.model", call.Model },
        };
        if (toFirstByte is { } first) _timeToFirstToken.Record(first.TotalSeconds, tags);
        tags.Add("outcome", call.Outcome.Word());
        _callDuration.Record(duration.TotalSeconds, tags);
        if (call.Usage is { } usage) CountTokens(tenant, call, usage);
    }

    /// <param name="provider">Id of the provider.</param>
    /// <param name="outcome">How the attempt ended: one of a fixed few words in snake_case.</param>
    public void UpstreamAttempted(string provider, string outcome) => _attempts.Add(1, Tag("provider", provider), Tag("outcome", outcome));

    /// <summary>Says which configuration serves from now on.</summary>
    public void ConfigServed(string version) => _configVersion = version;

    /// <summary>Counts a configuration read after the start: applied, or refused because it is not valid.</summary>
    public void ConfigReloaded(bool applied) => _reloads.Add(1, Tag("result", applied ? "applied" : "refused"));

    /// <summary>In a cluster: how far this node is behind the configuration that it knows to be the newest. More than 0 for seconds: it must refuse it.</summary>
    public void WatchConfigBehind(Func<long> behind) => Meter.CreateObservableGauge(
        "gateway.config.versions_behind", behind, "{version}", "Versions of the cluster's configuration that this node has not in force. Stays 0, or it must refuse one.");

    /// <param name="issuer">Id of the issuer.</param>
    /// <param name="good">Whether keys came of it.</param>
    public void TokenKeysFetched(string issuer, bool good) => _tokenKeyFetches.Add(1, Tag("issuer", issuer), Tag("result", good ? "good" : "failed"));

    /// <param name="route">Id of the route.</param>
    /// <param name="outcome">What the external service said: <c>allowed</c>, <c>denied</c>, <c>failed</c> or <c>timeout</c>.</param>
    /// <param name="duration">Until the head of its answer, or until it was given up.</param>
    public void ExternallyAuthorized(string route, string outcome, TimeSpan duration) =>
        _externalAuthDuration.Record(duration.TotalSeconds, Tag("http.route", route), Tag("outcome", outcome));

    public void AccessLogDropped(int lines) => _droppedLines.Add(lines);

    /// <param name="signal"><c>traces</c> or <c>metrics</c>.</param>
    /// <param name="times">How often; 0 shows the series.</param>
    public void ExportFailed(string signal, int times) => _exportFailures.Add(times, Tag("signal", signal));

    /// <summary>
    /// Shows at zero what an operator sets alarms on. A series that first appears at 1 has no increase that <c>rate()</c> could see.
    /// </summary>
    public void ShowZeros()
    {
        _droppedLines.Add(0);
        _reloads.Add(0, Tag("result", "applied"));
        _reloads.Add(0, Tag("result", "refused"));
        foreach (var priority in (string[])["low", "normal", "high"]) _shed.Add(0, Tag("priority", priority));
    }

    public void Dispose() => Meter.Dispose();

    private void CountTokens(string? tenant, CallFacts call, in TokenUsage usage)
    {
        Add("input", usage.Input);
        Add("cache_read", usage.CacheRead);
        Add("cache_write", usage.CacheWrite + usage.CacheWrite1h);
        Add("output", usage.Output);
        Add("reasoning", usage.Reasoning);

        void Add(string @class, long count)
        {
            if (count <= 0) return;
            var tags = new TagList { { "tenant", tenant }, { "model", call.Model }, { "provider", call.Provider }, { "class", @class } };
            _tokens.Add(count, tags);
        }
    }

    private IEnumerable<Measurement<long>> ObserveConfig() =>
        _configVersion is { } version ? [new Measurement<long>(1, Tag("version", version))] : [];

    // As the conventions ask: a client can invent methods, and each would be a series.
    public static string KnownMethod(string method) => method switch
    {
        "GET" or "POST" or "HEAD" or "PUT" or "DELETE" or "OPTIONS" or "PATCH" or "CONNECT" or "TRACE" => method,
        _ => "_OTHER",
    };

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private Counter<long> Count(string name, string unit, string description) => Meter.CreateCounter<long>(name, unit, description);

    private Histogram<double> Seconds(string name, string description, double[] buckets) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
