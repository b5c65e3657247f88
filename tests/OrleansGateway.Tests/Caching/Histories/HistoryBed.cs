using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>The stage of the cache with all that is behind it, and an origin in memory: no sockets, no threads, no time but the clock's.</summary>
internal sealed class HistoryBed : IAsyncDisposable
{
    private const string Host = "history.example";

    private static readonly NoBody s_noBody = new();

    private readonly GatewayMetrics _metrics = new();
    private readonly Readiness _readiness = new();
    private readonly InvalidationTable _invalidations = new();
    private readonly HistoryClock _clock;
    private readonly LocalSequencer _sequencer;
    private readonly UpstreamPools _pools;
    private readonly Snapshot _snapshot;
    private readonly AnswerCache _cache;
    private readonly CacheStage _stage;

    public HistoryBed(HistoryClock clock, CacheSettings settings, Func<HistoryRequest, HistoryAnswer?> origin)
    {
        _clock = clock;
        _snapshot = Snapshot.Compile(SettingsOf(settings), 1, "");
        var carriers = new MemoryOrigin(origin);
        _pools = new UpstreamPools((_, _) => carriers, "/", new UpstreamMetrics(_metrics), clock, new Random(1), NullLogger<UpstreamPools>.Instance);
        Assert.True(_pools.ApplyAsync(_snapshot, CancellationToken.None).IsCompletedSuccessfully);
        _sequencer = new LocalSequencer(_invalidations);
        var asked = new Origin(_pools, new Carriers(carriers, carriers), new AdaptiveGates(_metrics, clock), _readiness, clock, NullLogger<Origin>.Instance);
        _cache = new AnswerCache(asked, _invalidations, () => _snapshot, new CacheMetrics(_metrics), new CacheFigures(clock), new Random(1), clock);
        _stage = new CacheStage(_cache, new CacheFetch(_cache, clock), new CachePassing(_cache, _sequencer), new PurgeMethod(_sequencer), clock);
    }

    /// <summary>Sends a request through the cache. All of it has happened when this returns.</summary>
    public HistoryAnswer Send(HistoryRequest request)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = request.Method;
        http.Features.Set<IHttpRequestBodyDetectionFeature>(s_noBody);
        http.Connection.RemoteIpAddress = IPAddress.Loopback;
        foreach (var (name, value) in request.Fields.Lines) http.Request.Headers[name] = StringValues.Concat(http.Request.Headers[name], value);
        var body = new MemoryStream();
        http.Response.Body = body;
        var target = request.Target;
        var exchange = new Exchange(http, _snapshot, "history", _clock.GetTimestamp())
        {
            Route = _snapshot.Routes.All.Single(),
            Target = new RequestTarget(target, target, target, ""),
            ClientHost = Host,
            ClientScheme = "http",
        };
        var serving = _stage.InvokeAsync(exchange, static _ => throw new InvalidOperationException("The cache is the last stage.")).AsTask();
        Assert.True(serving.IsCompleted, "All parts answer at once, so nothing may wait.");
        serving.GetAwaiter().GetResult();
        http.Response.BodyWriter.FlushAsync().AsTask().GetAwaiter().GetResult();
        return AnswerOf(http.Response, body.ToArray(), exchange.Refusal);
    }

    /// <summary>Invalidates a URL.</summary>
    public void Purge(string target, InvalidationMode mode) => Publish(Selector.OfUrl(Host + target)!.Value, mode);

    /// <summary>Invalidates all that has a tag.</summary>
    public void PurgeTag(string tag, InvalidationMode mode) => Publish(Selector.OfTag(tag)!.Value, mode);

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _pools.DisposeAsync();
        _readiness.Dispose();
        _metrics.Dispose();
    }

    private static GatewaySettings SettingsOf(CacheSettings cache) => new()
    {
        Cache = new CacheStoreSettings { Memory = ByteSize.FromMebibytes(64) },
        Upstreams = new Dictionary<string, UpstreamSettings>
        {
            ["origin"] = new()
            {
                Targets = [new UpstreamTargetSettings { Url = new Uri("http://127.0.0.1:1") }],
                Ejection = new EjectionSettings { ConsecutiveFailures = int.MaxValue },
                Retries = new RetrySettings { Attempts = 0 },
            },
        },
        Routes = new Dictionary<string, RouteSettings> { ["all"] = new() { Upstream = "origin", Auth = [CredentialKind.Anonymous], Cache = cache } },
    };

    private HistoryAnswer AnswerOf(HttpResponse response, byte[] body, Refusal? refusal)
    {
        var fields = new Fields();
        if (refusal is { } no) return new HistoryAnswer(no.Status, fields, []) { Refusal = no.Code };
        foreach (var (name, values) in response.Headers)
        {
            foreach (var value in values) fields.Add(name, value ?? "");
        }

        // As the server does.
        if (!fields.Has("Date")) fields.Add("Date", _clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        return new HistoryAnswer(response.StatusCode, fields, body);
    }

    private void Publish(Selector selector, InvalidationMode mode)
    {
        var request = new InvalidationRequest(null, [selector], mode, null, null, "history");
        // In memory: it is done when it returns.
        Task published = _sequencer.PublishAsync(request, CancellationToken.None).AsTask();
        Assert.True(published.IsCompletedSuccessfully);
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => false;
    }
}
