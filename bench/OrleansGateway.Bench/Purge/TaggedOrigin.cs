using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Bench.Purge;

/// <summary>An origin whose answers carry the name of their folder as a tag, and that counts what it is asked.</summary>
internal sealed class TaggedOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _body = new('x', 64);
    private long _asked;

    private TaggedOrigin()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Requests so far.</summary>
    public long Asked => Volatile.Read(ref _asked);

    public static async Task<TaggedOrigin> StartAsync()
    {
        var origin = new TaggedOrigin();
        await origin._app.StartAsync();
        return origin;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _asked);
        http.Response.Headers.CacheControl = "max-age=3600";
        http.Response.Headers["Cache-Tag"] = http.Request.Path.Value!.Split('/')[1];
        http.Response.ContentLength = _body.Length;
        return http.Response.WriteAsync(_body);
    }
}
