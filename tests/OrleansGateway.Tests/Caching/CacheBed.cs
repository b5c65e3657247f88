using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Caching;

/// <summary>A gateway with a cache in front of an origin that does what a test says, and that counts what it is asked.</summary>
internal sealed class CacheBed : IAsyncDisposable
{
    private readonly ForwardBed _bed;

    private CacheBed(ForwardBed bed, ConcurrentQueue<string> asked) => (_bed, Asked) = (bed, asked);

    /// <summary>Method and target of each request that the origin got, in order.</summary>
    public ConcurrentQueue<string> Asked { get; }

    public HttpClient Client => _bed.Client;

    public Uri Url => _bed.Url;

    public ForwardBed Bed => _bed;

    /// <param name="answer">What the origin does.</param>
    /// <param name="cache">Settings of <c>cache</c>, in flow style.</param>
    /// <param name="route">More settings of the route, likewise.</param>
    /// <param name="more">More lines of the configuration.</param>
    /// <param name="time">A clock of the test's own.</param>
    /// <param name="keys">More keys, likewise.</param>
    /// <param name="services">Parts of the gateway that the test puts in the place of its own.</param>
    public static async Task<CacheBed> StartAsync(RequestDelegate answer, string cache = "scope: tenant", string route = "", string more = "", TimeProvider? time = null, Action<IServiceCollection>? services = null, string keys = "")
    {
        var asked = new ConcurrentQueue<string>();
        var bed = await ForwardBed.StartAsync(
            async http =>
            {
                asked.Enqueue(http.Request.Method + " " + http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
                await answer(http);
            },
            route: $"cache: {{{cache}}}" + (route.Length > 0 ? ", " + route : ""),
            more: more,
            time: time,
            services: services,
            keys: keys);
        return new CacheBed(bed, asked);
    }

    /// <summary>An answer that may be stored.</summary>
    public static RequestDelegate Storable(string body = "stored", string cacheControl = "max-age=3600") => async http =>
    {
        http.Response.Headers.CacheControl = cacheControl;
        await http.Response.WriteAsync(body);
    };

    /// <summary>Sends a GET with headers and returns what came.</summary>
    public Task<CacheAnswer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, headers);

    public async Task<CacheAnswer> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path));
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await CacheAnswer.OfAsync(response);
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();
}

/// <summary>What a client got.</summary>
internal sealed record CacheAnswer(int Status, string Body, string CacheStatus, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Whether it came from what was stored.</summary>
    public bool IsHit => CacheStatus.Contains("gateway; hit", StringComparison.Ordinal);

    public static async Task<CacheAnswer> OfAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(field => field.Key, field => string.Join(", ", field.Value), StringComparer.OrdinalIgnoreCase);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new CacheAnswer((int)response.StatusCode, body, headers.GetValueOrDefault("Cache-Status", ""), headers);
    }
}
