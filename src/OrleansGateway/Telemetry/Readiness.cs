using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace OrleansGateway.Telemetry;

/// <summary>Whether new requests should come here. Goes only forward: starting, ready, draining, cutting off.</summary>
internal sealed class Readiness : IDisposable
{
    private const int Starting = 0, Ready = 1, Draining = 2, CuttingOff = 3;

    private readonly CancellationTokenSource _cutOff = new();
    private int _state;
    private ImmutableArray<Func<IEnumerable<Trouble>>> _watched = [];

    public bool IsReady => Volatile.Read(ref _state) == Ready;

    /// <summary>Whether the gateway has been told to stop.</summary>
    public bool IsDraining => Volatile.Read(ref _state) >= Draining;

    /// <summary>Whether what is still in flight is being cut off, because the time for it is up.</summary>
    public bool IsCuttingOff => Volatile.Read(ref _state) == CuttingOff;

    /// <summary>Cancelled when that begins.</summary>
    public CancellationToken CutOff => _cutOff.Token;

    /// <summary>Whether new requests are welcome: it is ready, and nothing that is watched keeps them away.</summary>
    public bool IsWelcoming => IsReady && !_watched.Any(static troubles => troubles().Any(static t => t.Stops));

    /// <summary><c>starting</c>, <c>ready</c> or <c>draining</c>.</summary>
    public string Word => Volatile.Read(ref _state) switch { Ready => "ready", Starting => "starting", _ => "draining" };

    /// <summary>Listeners are bound and the configuration is in force. Has no effect once draining: a late start must not undo a stop.</summary>
    public void MarkReady() => Interlocked.CompareExchange(ref _state, Ready, Starting);

    /// <summary>Requests in flight are finished, new ones should go elsewhere.</summary>
    public void MarkDraining() => Advance(Draining);

    /// <summary>Requests that are still in flight are cut off from now on.</summary>
    public void MarkCuttingOff()
    {
        Advance(CuttingOff);
        _cutOff.Cancel();
    }

    /// <summary>Serves <c>GET /livez</c>, 200 whenever the process answers, and <c>GET /readyz</c>, 200 or 503 with the reason.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/livez", (RequestDelegate)(static http => AnswerAsync(http, 200, "text/plain; charset=utf-8", "ok")));
        endpoints.MapGet("/readyz", (RequestDelegate)AnswerReadyAsync);
    }

    /// <summary>Shows as numbers what <c>/readyz</c> says in words, for alerts.</summary>
    public void ShowOn(GatewayMetrics metrics)
    {
        metrics.Meter.CreateObservableGauge("gateway.ready", () => IsReady && !_watched.Any(static troubles => troubles().Any(static t => t.Stops)) ? 1L : 0L, unit: null,
            "Whether new requests should come here: 1 or 0, as /readyz answers.");
        metrics.Meter.CreateObservableGauge("gateway.troubles", () => _watched.Sum(static troubles => troubles().LongCount()), "{trouble}",
            "What an operator should know of, as /readyz says in words.");
    }

    public void Dispose() => _cutOff.Dispose();

    /// <summary>Asks here too what is wrong, each time that somebody asks whether the gateway is ready.</summary>
    public void Watch(Func<IEnumerable<Trouble>> troubles) => ImmutableInterlocked.Update(ref _watched, static (watched, more) => watched.Add(more), troubles);

    // What keeps requests away is the reason for 503; what does not is told beside the 200.
    private Task AnswerServingAsync(HttpContext http)
    {
        var troubles = _watched.SelectMany(static troubles => troubles()).ToArray();
        if (troubles.Length == 0) return AnswerAsync(http, 200, "application/json", """{"status":"ready"}""");
        var stops = Array.Exists(troubles, static t => t.Stops);
        var told = string.Join(' ', troubles.Where(t => t.Stops || !stops).Select(static t => t.Reason));
        return stops
            ? AnswerAsync(http, 503, "application/json", $$"""{"status":"unavailable","reason":"{{JsonEncodedText.Encode(told)}}"}""")
            : AnswerAsync(http, 200, "application/json", $$"""{"status":"ready","warning":"{{JsonEncodedText.Encode(told)}}"}""");
    }

    private Task AnswerReadyAsync(HttpContext http) => Volatile.Read(ref _state) switch
    {
        Ready => AnswerServingAsync(http),
        Starting => AnswerAsync(http, 503, "application/json", """{"status":"starting","reason":"The gateway has not finished starting."}"""),
        _ => AnswerAsync(http, 503, "application/json", """{"status":"draining","reason":"The gateway is stopping: it finishes what is in flight."}"""),
    };

    private void Advance(int state)
    {
        var seen = Volatile.Read(ref _state);
        while (seen < state && Interlocked.CompareExchange(ref _state, state, seen) is var found && found != seen) seen = found;
    }

    private static Task AnswerAsync(HttpContext http, int status, string contentType, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(text, http.RequestAborted);
    }
}

/// <summary>Something that an operator should know of a gateway that runs.</summary>
/// <param name="Stops">Whether requests should not come here because of it.</param>
/// <param name="Reason">In whole sentences.</param>
internal readonly record struct Trouble(bool Stops, string Reason);
