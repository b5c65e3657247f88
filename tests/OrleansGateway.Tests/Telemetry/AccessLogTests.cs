using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

public sealed class AccessLogTests
{
    private static readonly Next Nothing = _ => ValueTask.CompletedTask;

    [Fact]
    public async Task Line_OfAModelCall_CarriesAllThatIsKnown()
    {
        await using var fixture = new AccessLogFixture();
        fixture.Time.Advance(new DateTimeOffset(2027, 1, 2, 3, 4, 5, TimeSpan.Zero) - fixture.Time.GetUtcNow());
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        var line = await fixture.OneLineAsync(exchange, e =>
        {
            e.Route = new Route("main", new RouteSettings());
            e.Caller = Samples.Caller;
            e.Call = Samples.Call;
            fixture.Time.Advance(TimeSpan.FromMicroseconds(1_500));
            e.Call.FirstByteAt = fixture.Time.GetTimestamp();
            fixture.Time.Advance(TimeSpan.FromMicroseconds(10_999));
            e.Http.Response.ContentLength = 7;
            return ValueTask.CompletedTask;
        });

        var expected = $$"""
            {"timestamp":"2027-01-02T03:04:05.012Z","request_id":"req-1","config_version":"{{exchange.Snapshot.Version}}","client":"192.0.2.7",
            "method":"POST","path":"/v1/chat/completions","status":200,"duration_ms":12.499,"time_to_first_byte_ms":1.5,"bytes_in":42,"bytes_out":7,
            "route":"main","tenant":"acme","team":"search","key_id":"key_1","metadata":{"cost_center":"42"},"model":"gpt","stream":false,
            "provider":"openai","target_model":"gpt-4.1","attempts":2,"outcome":"completed","finish_reason":"stop","input_tokens":10,
            "cache_read_tokens":20,"cache_write_tokens":3,"output_tokens":30,"reasoning_tokens":5,"user_agent":"test/1.0 (\"quoted\")"}
            """;
        Assert.Equal(expected.Replace("\n", "", StringComparison.Ordinal), line.GetRawText());
    }

    [Fact]
    public async Task Line_OfARequestWithNothingKnown_LeavesOutWhatIsAbsent()
    {
        await using var fixture = new AccessLogFixture();
        var exchange = new Exchange(new DefaultHttpContext(), Samples.SnapshotWith("access.log"), "req-1", fixture.Time.GetTimestamp());
        var line = await fixture.OneLineAsync(exchange, Nothing);
        Assert.Equal(
            ["timestamp", "request_id", "config_version", "method", "path", "status", "duration_ms"],
            line.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Line_OfARequestWithKeysInHeadersAndQuery_HoldsNoneOfThem()
    {
        await using var fixture = new AccessLogFixture();
        var line = await fixture.OneLineAsync(Samples.ExchangeOf("access.log", fixture.Time), Nothing);
        Assert.DoesNotContain(Samples.Key, line.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_OfALongPathAndAgent_IsCutBetweenCharacters()
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        exchange.Http.Request.Path = "/" + new string('a', 1022) + "\U0001F600";
        exchange.Http.Request.Headers.UserAgent = new string('b', 5_000);
        var line = await fixture.OneLineAsync(exchange, Nothing);
        Assert.Equal("/" + new string('a', 1022), line.GetProperty("path").GetString());
        Assert.Equal(256, line.GetProperty("user_agent").GetString()!.Length);
    }

    [Fact]
    public async Task Line_OfAPathWithControlCharacters_StaysOneLine()
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        exchange.Http.Request.Path = "/a\nb\"c\u001b[31m";
        var line = await fixture.OneLineAsync(exchange, Nothing);
        Assert.Equal("/a\nb\"c\u001b[31m", line.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Line_OfARefusal_NamesItsCodeAndStatus()
    {
        await using var fixture = new AccessLogFixture();
        var line = await fixture.OneLineAsync(Samples.ExchangeOf("access.log", fixture.Time), e =>
        {
            e.Refuse(Refusal.NotAuthenticated("No."));
            e.Http.Response.StatusCode = 401;
            return ValueTask.CompletedTask;
        });
        Assert.Equal("invalid_api_key", line.GetProperty("error").GetString());
        Assert.Equal(401, line.GetProperty("status").GetInt32());
    }

    [Theory]
    [InlineData(true, 499)]
    [InlineData(false, 500)]
    public async Task Line_OfAnExceptionBeforeTheAnswer_TellsTheClientsFaultFromOurs(bool aborted, int status)
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        exchange.Call = Samples.Call;
        exchange.Call.Outcome = CallOutcome.ClientAborted;
        exchange.Http.RequestAborted = new CancellationToken(canceled: aborted);
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => fixture.Stage.InvokeAsync(exchange, _ => throw new OperationCanceledException()).AsTask());
        await fixture.Log.DisposeAsync();
        var line = Assert.Single(AccessLogFixture.Lines(fixture.PathOf("access.log")));
        Assert.Equal(status, line.GetProperty("status").GetInt32());
        Assert.Equal("client_aborted", line.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Dispose_WithManyLinesQueued_WritesThemAllInOrder()
    {
        await using var fixture = new AccessLogFixture();
        for (var i = 0; i < 2_000; i++) await fixture.Stage.InvokeAsync(Samples.ExchangeOf("access.log", fixture.Time, $"req-{i}"), Nothing);
        await fixture.Log.DisposeAsync();
        var ids = AccessLogFixture.Lines(fixture.PathOf("access.log")).Select(l => l.GetProperty("request_id").GetString());
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => $"req-{i}"), ids);
    }

    [Fact]
    public async Task Output_WhenItChangesWithTheSnapshot_SendsEachLineWhereItsSnapshotSays()
    {
        await using var fixture = new AccessLogFixture();
        foreach (var (output, id) in new[] { ("a.log", "1"), ("stdout", "2"), ("b.log", "3"), ("off", "4"), ("a.log", "5") })
        {
            await fixture.Stage.InvokeAsync(Samples.ExchangeOf(output, fixture.Time, id), Nothing);
        }

        await fixture.Log.DisposeAsync();
        var a = AccessLogFixture.Lines(fixture.PathOf("a.log"));
        Assert.Equal(["1", "5"], a.Select(l => l.GetProperty("request_id").GetString()));
        Assert.Equal("3", Assert.Single(AccessLogFixture.Lines(fixture.PathOf("b.log"))).GetProperty("request_id").GetString());
        Assert.Contains("\"request_id\":\"2\"", Assert.Single(Encoding.UTF8.GetString(fixture.StandardOutput.ToArray()).TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(File.Exists(fixture.PathOf("off")));
    }

    [Fact]
    public async Task Post_WhenTheQueueIsFull_DropsAndCountsWithoutWaiting()
    {
        using var stuck = new StuckStream();
        await using var fixture = new AccessLogFixture(linesMax: 4, stuck);
        await fixture.Stage.InvokeAsync(Samples.ExchangeOf("stdout", fixture.Time), Nothing);
        await stuck.WriteBegun;
        for (var i = 0; i < 10; i++) await fixture.Stage.InvokeAsync(Samples.ExchangeOf("stdout", fixture.Time, $"req-{i}"), Nothing);

        var dropped = Exposition.Of(fixture.Prometheus).Value("gateway_access_log_dropped_total");
        stuck.Release();
        await fixture.Log.DisposeAsync();
        Assert.Equal(6, dropped);
        Assert.Equal(5, stuck.Lines);
    }

    [Fact]
    public async Task Write_WhenTheFolderIsMissing_CountsTheLineAndGoesOnOnceItIsThere()
    {
        await using var fixture = new AccessLogFixture();
        var log = new AccessLogFile(fixture.PathOf("logs/access.log"), fixture.Time);
        Assert.ThrowsAny<IOException>(() => log.Append("lost\n"u8));
        Directory.CreateDirectory(fixture.PathOf("logs"));
        log.Append("kept\n"u8);
        log.Dispose();
        Assert.Equal("kept\n", File.ReadAllText(fixture.PathOf("logs/access.log")));

        await fixture.Stage.InvokeAsync(Samples.ExchangeOf("nowhere/access.log", fixture.Time), Nothing);
        await fixture.Log.DisposeAsync();
        Assert.Equal(1, Exposition.Of(fixture.Prometheus).Value("gateway_access_log_dropped_total"));
    }
}
