using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace OrleansGateway.Telemetry;

/// <summary>
/// Adds up what the gateway's meter records and prints it in Prometheus' text format 0.0.4. Listens from its making on: make it before the first
/// request. Adding takes no lock that others could wait for; only a scrape waits for another scrape.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    // What an operator looks at when the gateway is slow. All are observed: they cost nothing between scrapes.
    private static readonly FrozenSet<string> RuntimeInstruments = FrozenSet.ToFrozenSet(
    [
        "dotnet.process.cpu.time", "dotnet.process.memory.working_set", "dotnet.gc.last_collection.heap.size", "dotnet.gc.collections",
        "dotnet.gc.pause.time", "dotnet.gc.heap.total_allocated", "dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length",
    ]);

    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _scraping = new();

    public PrometheusText(GatewayMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var ours = ReferenceEquals(instrument.Meter, metrics.Meter);
            if (ours || (instrument.Meter.Name == "System.Runtime" && RuntimeInstruments.Contains(instrument.Name))) Take(instrument, listener);
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.Start();
        metrics.ShowZeros();
    }

    /// <summary>Serves <c>GET /metrics</c>.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/metrics", (RequestDelegate)AnswerAsync);

    /// <summary>Prints all series as they are now.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_scraping)
        {
            foreach (var family in _families.Values) family.Forget();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values) family.Write(output);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, MeterListener listener)
    {
        lock (_scraping)
        {
            var family = new MetricFamily(instrument);
            // The first of a name counts: a second would print its series twice.
            if (_families.TryAdd(family.Name, family)) listener.EnableMeasurementEvents(instrument, family);
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        // Printed whole before it is sent: a slow reader must not hold up the next scrape.
        var text = new ArrayBufferWriter<byte>(64 * 1024);
        Write(text);
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        http.Response.ContentLength = text.WrittenCount;
        await http.Response.Body.WriteAsync(text.WrittenMemory, http.RequestAborted);
    }
}
