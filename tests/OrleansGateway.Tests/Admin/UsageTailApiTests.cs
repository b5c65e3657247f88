using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Admin;

/// <summary>Records as they are written, by the admin API.</summary>
public sealed class UsageTailApiTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Tail_OfATenantsAdmin_ShowsThatTenantsRecordsAndNoOthers()
    {
        using var bound = await OpenAsync("", await _host.AdminAsync("viewer", "acme"));
        using var filtered = await OpenAsync("?model=m2&model=m3", _host.Token.Fresh!.Reveal());
        string?[] tenants = ["closed", "acme", null, "acme", "closed"];
        for (var i = 0; i < tenants.Length; i++) _host.Tail.Publish(TestRecords.Usual(Guid.NewGuid()) with { Tenant = tenants[i], Model = $"m{i}" });
        Assert.Equal(["m1", "m3"], await ModelsAsync(bound, 2));
        Assert.Equal(["m2", "m3"], await ModelsAsync(filtered, 2));
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_OfASlowReader_SaysHowManyAreMissingAndHoldsUpNobody()
    {
        using var slow = await OpenAsync("", _host.Token.Fresh!.Reveal());
        // More than all buffers on the way have room for, so that some must be lost.
        var record = TestRecords.Usual(Guid.NewGuid()) with { Metadata = [KeyValuePair.Create("large", new string('x', 100_000))] };
        var last = TestRecords.Usual(Guid.NewGuid()) with { Tenant = "last" };
        var published = UsageTail.QueueMax + 1_000;
        for (var i = 0; i < published; i++) _host.Tail.Publish(record);
        var (shown, lost) = (0L, 0L);
        await foreach (var item in SseParser.Create(await slow.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel))
        {
            if (item.EventType == "lost") lost += JsonElement.Parse(item.Data).GetProperty("lost").GetInt64();
            else if (JsonElement.Parse(item.Data).GetProperty("tenant").GetString() == "last") break;
            else shown++;
            // Only now is there surely room for it.
            if (shown + lost == published) _host.Tail.Publish(last);
        }

        Assert.Equal(published, shown + lost);
        Assert.True(lost > 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_WithoutNews_SendsACommentNowAndThen()
    {
        using var quiet = await OpenAsync("", _host.Token.Fresh!.Reveal());
        using var reader = new StreamReader(await quiet.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal(": from now on", await reader.ReadLineAsync(Cancel));
        Assert.Equal("", await reader.ReadLineAsync(Cancel));
        var heartbeat = reader.ReadLineAsync(Cancel).AsTask();
        // The answer may begin to wait only after the clock was first put on.
        while (!heartbeat.IsCompleted)
        {
            _host.Directory.Time.Advance(TimeSpan.FromSeconds(16));
            await Task.Yield();
        }

        Assert.Equal(": still there", await heartbeat);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_WhenTooManyWatch_IsRefusedUntilOneHasGone()
    {
        var watchers = Enumerable.Range(0, UsageTail.WatchersMax).Select(_ => _host.Tail.Watch(_ => true)!).ToArray();
        var (refused, _) = await _host.CallAsync("GET", "/admin/v1/usage/tail");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        watchers[0].Dispose();
        using var response = await OpenAsync("", _host.Token.Fresh!.Reveal());
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_WhoseReaderHasGone_IsWatchedNoMore()
    {
        (await OpenAsync("", _host.Token.Fresh!.Reveal())).Dispose();
        var left = new List<UsageTail.Watcher>();
        // There is room for all but one for as long as the gateway has not noticed.
        while (left.Count < UsageTail.WatchersMax)
        {
            Cancel.ThrowIfCancellationRequested();
            if (_host.Tail.Watch(_ => true) is { } watcher) left.Add(watcher);
            else await Task.Yield();
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(string query, string token)
    {
        var client = new HttpClient { BaseAddress = _host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var response = await client.GetAsync("/admin/v1/usage/tail" + query, HttpCompletionOption.ResponseHeadersRead, Cancel);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        return response;
    }

    private static async Task<List<string>> ModelsAsync(HttpResponseMessage response, int count)
    {
        var models = new List<string>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel))
        {
            Assert.Equal("record", item.EventType);
            models.Add(JsonElement.Parse(item.Data).GetProperty("model").GetString()!);
            if (models.Count == count) break;
        }

        return models;
    }
}
