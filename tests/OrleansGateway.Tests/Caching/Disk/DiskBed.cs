using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Caching.Disk;

/// <summary>A gateway with a cache that has little memory and a disk, in front of an origin that counts what it is asked. It can be stopped and started again.</summary>
internal sealed class DiskBed : IAsyncDisposable
{
    public const string Host = "shop.example";

    private readonly OriginServer _origin;
    private IServiceProvider _services = null!;

    private DiskBed(OriginServer origin, ConcurrentQueue<string> asked) => (_origin, Asked) = (origin, asked);

    public GatewayUnderTest Gateway { get; private set; } = null!;

    /// <summary>Method and path of each request that the origin got.</summary>
    public ConcurrentQueue<string> Asked { get; }

    public DiskCache Disk { get; private set; } = null!;

    public string Folder => Path.Combine(Gateway.Folder, "disk");

    /// <summary>Files of answers.</summary>
    public string[] Files => [.. Directory.EnumerateFiles(Path.Combine(Folder, "objects"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="answer">What the origin does.</param>
    /// <param name="cache">Settings of the store.</param>
    /// <param name="disk">More settings of the disk.</param>
    /// <param name="path">Its folder; default one beside the configuration.</param>
    /// <param name="route">The route's settings of caching.</param>
    /// <param name="time">A clock of the test's own.</param>
    public static async Task<DiskBed> StartAsync(
        RequestDelegate answer, string cache = "memory: 1MiB, object_max: 64KiB", string disk = "", string path = "disk", string route = "scope: public", TimeProvider? time = null)
    {
        var asked = new ConcurrentQueue<string>();
        var origin = await OriginServer.StartAsync(http =>
        {
            asked.Enqueue(http.Request.Method + " " + http.Request.Path);
            return answer(http);
        });
        var bed = new DiskBed(origin, asked);
        var folder = Path.Combine(Path.GetTempPath(), "gateway-disk-" + Path.GetRandomFileName());
        var yaml = ForwardBed.Yaml([origin.Url], route: $"cache: {{{route}}}", more: $"cache: {{{cache}, disk: {{path: \"{path}\"{(disk.Length > 0 ? ", " + disk : "")}}}}}");
        bed.Gateway = await GatewayUnderTest.StartWholeAsync(yaml, time, folder: folder, replace: services => services.AddSingleton(provider =>
        {
            bed._services = provider;
            return bed.Disk = new DiskCache(
                provider.GetRequiredService<Func<Snapshot>>()().Settings.Cache.Disk, folder, provider.GetRequiredService<InvalidationTable>(), provider.GetRequiredService<DiskMetrics>(),
                provider.GetRequiredService<Random>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<DiskCache>>());
        }));
        // What goes on to the origin with credentials is not stored.
        bed.Gateway.Client.DefaultRequestHeaders.Authorization = null;
        await bed.SettleAsync();
        return bed;
    }

    /// <summary>Asks, and waits until what came is stored: a client may have its last byte before.</summary>
    public async Task<CacheAnswer> FetchAsync(string path, params (string Name, string Value)[] headers)
    {
        var answer = await GetAsync(path, headers);
        var cache = _services.GetRequiredService<AnswerCache>();
        while (cache.FetchesUnderWay > 0) await Task.Delay(5, Cancellation);
        return answer;
    }

    /// <summary>Waits until what is to be written is, and what was there is found.</summary>
    public Task SettleAsync() => Disk.SettleAsync(Cancellation);

    public async Task RestartAsync(Func<Task>? whileDown = null)
    {
        (await Gateway.RestartAsync(whileDown)).Dispose();
        await SettleAsync();
    }

    public async Task PurgeAsync(params Selector[] selectors) =>
        await _services.GetRequiredService<IInvalidationSequencer>().PublishAsync(new InvalidationRequest(null, selectors, InvalidationMode.Hard, null, null, "test"), Cancellation);

    /// <summary>What the gateway says that would become of a request; and of what is stored for it, where it is and how large.</summary>
    public async Task<(string Verdict, string? Level, long Bytes)> ExplainAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Gateway.AdminAddress, $"/admin/v1/cache/explain?tenant=acme&url=http://{Host}{Uri.EscapeDataString(path)}"));
        request.Headers.Authorization = new("Bearer", Gateway.AdminToken);
        using var response = await Gateway.Client.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        var found = JsonElement.Parse(text);
        var entry = found.GetProperty("entries").EnumerateArray().FirstOrDefault(static e => e.GetProperty("matches").GetBoolean());
        return (found.GetProperty("verdict").GetString()!, entry.ValueKind == JsonValueKind.Object ? entry.GetProperty("level").GetString() : null,
            entry.ValueKind == JsonValueKind.Object ? entry.GetProperty("bytes").GetInt64() : 0);
    }

    public HttpRequestMessage Request(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Gateway.Url, path)) { Headers = { Host = Host } };
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return request;
    }

    public async Task<CacheAnswer> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = Request(path, headers);
        using var response = await Gateway.Client.SendAsync(request, Cancellation);
        return await CacheAnswer.OfAsync(response);
    }

    /// <summary>Asks for so much else, twice each, that nothing of before is in memory any more.</summary>
    public async Task CrowdOutAsync()
    {
        for (var i = 0; i < 80; i++)
        {
            await GetAsync($"/crowd/{i}");
            await GetAsync($"/crowd/{i}");
        }

        await SettleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }

    /// <summary>Answers with as many bytes as the query says, which tell where they stand; and with tags.</summary>
    public static async Task Sized(HttpContext http)
    {
        var size = int.TryParse(http.Request.Query["size"], CultureInfo.InvariantCulture, out var stated) ? stated : 40_000;
        http.Response.Headers.CacheControl = "max-age=3600";
        http.Response.Headers.Append("Cache-Tag", "all, tag" + http.Request.Path.Value!.Replace('/', '-'));
        http.Response.Headers.ETag = $"\"{size}\"";
        if (http.Request.Query["length"] != "unknown") http.Response.ContentLength = size;
        if (http.Request.Headers.IfNoneMatch == $"\"{size}\"")
        {
            (http.Response.StatusCode, http.Response.ContentLength) = (StatusCodes.Status304NotModified, null);
            return;
        }

        await http.Response.Body.WriteAsync(Bytes(size), http.RequestAborted);
    }

    /// <summary>Bytes of which no two places look alike.</summary>
    public static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = (byte)('a' + ((i + (i / 26) + (i / 7919)) % 26));
        return bytes;
    }

    public static string Text(int size) => System.Text.Encoding.ASCII.GetString(Bytes(size));
}
