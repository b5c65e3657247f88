using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Bench.Stampede;

/// <summary>An origin that takes its time, and counts what it is asked. What is below a folder named <c>own</c> may not be stored.</summary>
internal sealed class CrowdOrigin : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private int _answers;

    private CrowdOrigin(TimeSpan delay)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(http => AnswerAsync(http, delay));
    }

    public Uri Url => new(_app.Urls.First());

    public static async Task<CrowdOrigin> StartAsync(TimeSpan delay)
    {
        var origin = new CrowdOrigin(delay);
        await origin._app.StartAsync();
        return origin;
    }

    /// <summary>How often it was asked for a path.</summary>
    public int AskedFor(string path) => _asked.GetValueOrDefault(path);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http, TimeSpan delay)
    {
        var path = http.Request.Path.Value!;
        _asked.AddOrUpdate(path, 1, static (_, before) => before + 1);
        await Task.Delay(delay);
        http.Response.Headers.CacheControl = path.Contains("/own/", StringComparison.Ordinal) ? "private, no-store" : "max-age=600";
        http.Response.ContentLength = 1_024;
        await http.Response.WriteAsync(Interlocked.Increment(ref _answers).ToString(CultureInfo.InvariantCulture).PadLeft(1_024));
    }
}
