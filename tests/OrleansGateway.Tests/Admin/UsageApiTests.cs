using System.Net;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Prices;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Admin;

/// <summary>Reports and records by the admin API.</summary>
public sealed class UsageApiTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Report_ByModel_HasExactCostsAndTheDearestFirst()
    {
        Add(Record(1) with { Model = "small", Cost = new CostParts { Input = 1 } });
        Add(Record(2) with { Model = "large", Cost = new CostParts { Input = 50_000_000, Output = 4_399_000 }, Tokens = new TokenUsage { Input = 12_304, CacheRead = 5, Output = 550 } });
        var (response, report) = await _host.GetAsync("/admin/v1/usage?by=model&from=1h");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var rows = report.GetProperty("rows").EnumerateArray().ToArray();
        Assert.Equal(["large", "small"], rows.Select(r => Text(r.GetProperty("values"), "model")));
        Assert.Equal(["0.054399", "0.000000001"], rows.Select(r => Text(r, "cost")));
        Assert.Equal((54_399_000, 50_000_000), (Number(rows[0], "cost_nano_usd"), Number(rows[0].GetProperty("cost_by_class_nano_usd"), "input")));
        Assert.Equal((12_304, 5, 550), (Number(rows[0].GetProperty("tokens"), "input"), Number(rows[0].GetProperty("tokens"), "cache_read"), Number(rows[0].GetProperty("tokens"), "output")));
        Assert.Equal(("0.054399001", 2), (Text(report.GetProperty("total"), "cost"), Number(report.GetProperty("total"), "requests")));
        Assert.False(report.TryGetProperty("next_cursor", out _));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("model=m1", 1)]
    [InlineData("model=m1&model=m2", 2)]
    [InlineData("team=(none)", 1)]
    [InlineData("team=red", 3)]
    [InlineData("tag=night", 1)]
    [InlineData("outcome=upstream_error", 1)]
    [InlineData("tenant=acme&key=key_9", 0)]
    [InlineData("to=10m", 1)]
    [InlineData("from=10m", 3)]
    public async Task Report_WithAFilter_CountsOnlyThose(string filter, int expected)
    {
        Add(Record(1) with { Model = "m1" }, Record(2) with { Model = "m2", Tags = ["night"] }, Record(3) with { Model = "m3", Outcome = CallOutcome.UpstreamError });
        Add(Record(30) with { Model = "m4", Team = null });
        Assert.Equal(expected, Number((await _host.GetAsync($"/admin/v1/usage?{filter}")).Body.GetProperty("total"), "requests"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Report_ByDayInAZone_BeginsDaysThere()
    {
        var midnight = new DateTimeOffset(_host.Directory.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        Add(Record(0) with { At = midnight.AddHours(-1.5) });
        var path = $"/admin/v1/usage?from=3d&step=day&zone=";
        Assert.Equal(midnight.AddDays(-1), Assert.Single((await _host.GetAsync(path)).Body.GetProperty("rows").EnumerateArray()).GetProperty("at").GetDateTimeOffset());
        var shifted = (await _host.GetAsync(path + "Etc/GMT-2")).Body;
        Assert.Equal(midnight.AddHours(-2), Assert.Single(shifted.GetProperty("rows").EnumerateArray()).GetProperty("at").GetDateTimeOffset());
        Assert.Equal("Etc/GMT-2", Text(shifted, "zone"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Report_LongerThanAPage_IsReadPageByPage()
    {
        for (var i = 0; i < 25; i++) Add(Record(1) with { Model = $"m{i:00}" });
        var (seen, cursor, pages) = (new List<string>(), "0", 0);
        while (cursor is not null)
        {
            var (_, page) = await _host.GetAsync($"/admin/v1/usage?by=model&limit=10&cursor={cursor}");
            seen.AddRange(page.GetProperty("rows").EnumerateArray().Select(r => Text(r.GetProperty("values"), "model")));
            Assert.Equal(25, Number(page.GetProperty("total"), "requests"));
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString()! : null;
            pages++;
        }

        Assert.Equal((3, 25, 25), (pages, seen.Count, seen.Distinct().Count()));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("by=colour", "by")]
    [InlineData("by=model,model", "by")]
    [InlineData("modell=x", "modell")]
    [InlineData("from=tomorrow", "from")]
    [InlineData("from=1h&to=2h", "from")]
    [InlineData("from=2000-01-01T00:00:00Z", "from")]
    [InlineData("step=fortnight", "step")]
    [InlineData("step=minute&from=40d", "step")]
    [InlineData("zone=Mars", "zone")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("cursor=-1", "cursor")]
    [InlineData("format=xml", "format")]
    public async Task Report_AskedWrongly_SaysWhere(string query, string path)
    {
        var (response, problem) = await _host.GetAsync("/admin/v1/usage?" + query);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(path, Text(Assert.Single(problem.GetProperty("errors").EnumerateArray()), "path"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Records_PagedByCursor_ComeOnceEachThoughOthersAreWritten()
    {
        for (var i = 0; i < 7; i++) Add(Record(i + 1));
        var expected = _host.Usage.Records.OrderByDescending(r => (r.At, r.Id)).Select(r => r.Id).ToArray();
        var (seen, cursor) = (new List<Guid>(), "");
        while (cursor is not null)
        {
            var (_, page) = await _host.GetAsync($"/admin/v1/usage/records?limit=3&cursor={cursor}");
            seen.AddRange(page.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("id").GetGuid()));
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString()! : null;
            Add(Record(0));
        }

        Assert.Equal(expected, seen);
        var one = _host.Usage.Records[2] with { Id = Guid.NewGuid(), RequestId = "named", At = Now.AddDays(-100) };
        Add(one);
        var (_, found) = await _host.GetAsync("/admin/v1/usage/records?request_id=named");
        Assert.Equal(one.Id, Assert.Single(found.GetProperty("records").EnumerateArray()).GetProperty("id").GetGuid());
    }

    [Fact(Timeout = 60_000)]
    public async Task Record_AsADocument_HasAllThatWasWrittenDown()
    {
        Add(Record(1) with { PromptHash = -1, Error = "upstream_error", Corrects = Guid.Empty, ServiceTier = "flex" });
        var (_, page) = await _host.GetAsync("/admin/v1/usage/records");
        var record = page.GetProperty("records")[0];
        var expected = UsageFieldNames().Order();
        Assert.Equal(expected, record.EnumerateObject().Select(p => p.Name).Where(n => n is not ("billed_nano_usd" or "cost_nano_usd" or "cost_by_class_nano_usd")).Order());
        Assert.Equal(("0.001278", 1_278_000, "ffffffffffffffff"), (Text(record, "cost"), Number(record, "cost_nano_usd"), Text(record, "prompt_hash")));
        Assert.Equal(("budgets.team-month", 1_278_000), (Text(record.GetProperty("charges")[0], "rule"), Number(record.GetProperty("charges")[0], "amount_nano_usd")));
        Assert.Equal("4711", Text(record.GetProperty("metadata"), "cost-centre"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Store_ThatIsDown_IsToldAsSuchAndNotAsNoUsage()
    {
        _host.Usage.Broken = "the disk is gone";
        foreach (var path in (string[])["usage", "usage?format=csv", "usage/records", "usage/records?format=csv", "usage/records?format=jsonl", "usage/insights"])
        {
            var (response, problem) = await _host.GetAsync("/admin/v1/" + path);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "usage_store_unavailable"), (response.StatusCode, Text(problem, "code")));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Usage_ForAnAdminOfOneTenant_IsOfThatTenantWhateverIsAsked()
    {
        Add(Record(1) with { Model = "ours", Billed = 5, Cost = new CostParts { Input = 7_771 }, Charges = [], Tags = [] }, Record(1) with { Tenant = "closed", Model = "theirs" }, Record(1) with { Tenant = null, Model = "nobodys" });
        foreach (var role in (string[])["tenant_admin", "viewer"])
        {
            var token = await _host.AdminAsync(role, "acme");
            foreach (var path in (string[])["usage?by=model", "usage?by=tenant,model&tenant=acme", "usage?by=model&format=csv", "usage/records", "usage/records?format=csv", "usage/records?format=jsonl"])
            {
                var (response, body) = await _host.CallAsync("GET", "/admin/v1/" + path, token: token);
                Assert.True(response.IsSuccessStatusCode, body);
                Assert.Contains("ours", body, StringComparison.Ordinal);
                Assert.DoesNotContain("theirs", body, StringComparison.Ordinal);
                Assert.DoesNotContain("nobodys", body, StringComparison.Ordinal);
                // It is billed 5 nano-dollars; what the operator pays is not its business.
                Assert.Contains("5", body, StringComparison.Ordinal);
                Assert.DoesNotContain("7771", body, StringComparison.Ordinal);
                Assert.DoesNotContain("\"cost\"", body, StringComparison.Ordinal);
            }

            string[] others = ["usage?tenant=closed", "usage?tenant=acme&tenant=closed", "usage?tenant=(none)", "usage/records?tenant=closed", "usage/tail?tenant=closed", "usage/insights?tenant=closed"];
            foreach (var path in others) Assert.Equal(HttpStatusCode.Forbidden, (await _host.CallAsync("GET", "/admin/v1/" + path, token: token)).Response.StatusCode);
            var cursor = $"{Now.AddDays(1).UtcTicks}-{Guid.Empty:n}";
            Assert.DoesNotContain("theirs", (await _host.CallAsync("GET", $"/admin/v1/usage/records?cursor={cursor}", token: token)).Body, StringComparison.Ordinal);
        }
    }

    private DateTimeOffset Now => _host.Directory.Time.GetUtcNow();

    private UsageRecord Record(int minutesAgo) => TestRecords.Usual(Guid.NewGuid()) with { At = Now.AddMinutes(-minutesAgo).AddSeconds(-1), Team = "red", Tags = [] };

    private void Add(params UsageRecord[] records) => _host.Usage.Add(records);

    private static IEnumerable<string> UsageFieldNames() => typeof(UsageRecord).GetProperties().Where(p => p.Name != "EqualityContract")
        .Select(p => p.Name switch { "IsStream" => "stream", "ToFirstByte" => "first_byte_ms", "Queued" or "Connected" or "Duration" => p.Name.ToLowerInvariant() + "_ms", var name => JsonNamingPolicy.SnakeCaseLower.ConvertName(name) });

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
