using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>
/// A cache as many are written: what is fetched is stored when it has come, an invalidation takes out what is stored. The judge must find what is wrong with it, or it would find nothing
/// wrong with any.
/// </summary>
internal sealed class NaiveCache(Uri origin) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Version, byte[] Body)> _stored = new();
    private readonly HttpClient _client = new() { BaseAddress = origin };

    public Task<OriginServer> StartAsync() => OriginServer.StartAsync(AnswerAsync);

    public void Invalidate(string path) => _stored.TryRemove(path, out _);

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (!_stored.TryGetValue(path, out var entry))
        {
            using var response = await _client.GetAsync(path, http.RequestAborted);
            entry = (response.Headers.GetValues("x-version").Single(), await response.Content.ReadAsByteArrayAsync(http.RequestAborted));
            _stored[path] = entry;
        }

        http.Response.Headers["x-version"] = entry.Version;
        http.Response.ContentLength = entry.Body.Length;
        await http.Response.Body.WriteAsync(entry.Body, http.RequestAborted);
    }
}
