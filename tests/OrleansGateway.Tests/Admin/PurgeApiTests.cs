using System.Net;
using System.Text.Json;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Admin;

/// <summary>Invalidating by the admin API: applied when it is answered, for those only whom the caller may reach.</summary>
public sealed class PurgeApiTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("""{"tags": ["a"]}""", "tag a")]
    [InlineData("""{"urls": ["https://Shop.example/a"]}""", "url shop.example/a")]
    [InlineData("""{"prefixes": ["shop.example/"]}""", "prefix shop.example/")]
    [InlineData("""{"hosts": ["shop.example:443"]}""", "host shop.example")]
    [InlineData("""{"groups": ["https://shop.example cart"]}""", "group https://shop.example cart")]
    [InlineData("""{"all": true}""", "all")]
    public async Task Purge_Answered_IsAppliedToAllThatHaveSomething(string body, string expected)
    {
        using var acme = new Stored(_host.Invalidations.Of("acme"));
        using var everybodys = new Stored(_host.Invalidations.Of(null));
        var (response, text) = await _host.CallAsync("POST", "/admin/v1/purge", body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var answer = JsonDocument.Parse(text);
        Assert.Equal(expected, answer.RootElement.GetProperty("selectors")[0].GetString());
        Assert.Equal(1, answer.RootElement.GetProperty("sequence").GetInt64());
        Assert.True(answer.RootElement.GetProperty("applied").GetBoolean());
        Assert.Equal((Standing.Gone, Standing.Gone), (acme.Standing, everybodys.Standing));
    }

    [Fact]
    public async Task Purge_OfOneTenant_LeavesOthers_AndSoftIsSoft()
    {
        using var acme = new Stored(_host.Invalidations.Of("acme"));
        using var everybodys = new Stored(_host.Invalidations.Of(null));
        await _host.CallAsync("POST", "/admin/v1/purge", """{"tenant": "acme", "tags": ["a"], "mode": "soft"}""");
        Assert.Equal((Standing.Soft, Standing.Valid), (acme.Standing, everybodys.Standing));
        var (_, audit) = await _host.CallAsync("GET", "/admin/v1/audit?action=cache.purge");
        Assert.Contains("\"target\":\"tag a\"", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Purge_ByAnAdminOfATenant_ReachesThatOnly()
    {
        using var everybodys = new Stored(_host.Invalidations.Of(null));
        using var acme = new Stored(_host.Invalidations.Of("acme"));
        var token = await _host.AdminAsync("tenant_admin", "acme");
        Assert.Equal(HttpStatusCode.Forbidden, (await _host.CallAsync("POST", "/admin/v1/purge", """{"tenant": "closed", "all": true}""", token)).Response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _host.CallAsync("POST", "/admin/v1/purge", """{"all": true}""", token)).Response.StatusCode);
        Assert.Equal((Standing.Gone, Standing.Valid), (acme.Standing, everybodys.Standing));
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"tags": ["ok", ""]}""", "tags[1]")]
    [InlineData("""{"urls": ["/a"]}""", "urls[0]")]
    [InlineData("""{"tags": ["a"], "mode": "gentle"}""", "mode")]
    [InlineData("""{"tags": ["a"], "tenant": "nobody"}""", "tenant")]
    [InlineData("""{"tag": ["a"]}""", "tag")]
    public async Task Purge_OfWhatCannotBe_SaysWhere(string body, string path)
    {
        var (response, text) = await _host.CallAsync("POST", "/admin/v1/purge", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        using var answer = JsonDocument.Parse(text);
        Assert.Equal(path, answer.RootElement.GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Equal(0, _host.Invalidations.Of(null).Applied);
    }

    [Fact]
    public async Task Events_AreAppliedOrKept_AndWhatWasKeptCanBeTriedAgain()
    {
        using var acme = new Stored(_host.Invalidations.Of("acme"));
        Assert.Equal(HttpStatusCode.NotFound, (await _host.CallAsync("POST", "/admin/v1/events?source=none", "{}")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("POST", "/admin/v1/events", "{}")).Response.StatusCode);
        var (refused, problem) = await _host.CallAsync("POST", "/admin/v1/events?source=shop", """{"tags": ["a"], "tenant": "closed"}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, true), (refused.StatusCode, problem.Contains("tenant_not_allowed", StringComparison.Ordinal)));
        Assert.Equal(Standing.Valid, acme.Standing);
        Assert.Contains("\"outcome\":\"applied\"", (await _host.CallAsync("POST", "/admin/v1/events?source=shop", """{"tags": ["a"], "event_id": "1"}""")).Body, StringComparison.Ordinal);
        Assert.Contains("\"outcome\":\"repeated\"", (await _host.CallAsync("POST", "/admin/v1/events?source=shop", """{"tags": ["a"], "event_id": "1"}""")).Body, StringComparison.Ordinal);
        Assert.Equal(Standing.Gone, acme.Standing);

        var (_, list) = await _host.CallAsync("GET", "/admin/v1/events/parked");
        Assert.Contains("\"code\":\"tenant_not_allowed\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer", list, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("closed", (await _host.CallAsync("GET", "/admin/v1/events/parked/1")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("POST", "/admin/v1/events/parked/1/retry")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await _host.CallAsync("DELETE", "/admin/v1/events/parked/1")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _host.CallAsync("DELETE", "/admin/v1/events/parked/1")).Response.StatusCode);
    }

    /// <summary>Something stored under all kinds of selectors.</summary>
    private sealed class Stored : IDisposable
    {
        private readonly TenantInvalidations _tenant;
        private readonly FillTicket _fill;
        private readonly CellSet _cells;

        public Stored(TenantInvalidations tenant)
        {
            (_tenant, _fill) = (tenant, tenant.BeginFill());
            _cells = tenant.Intern(_fill, "shop.example", "shop.example/a", [new(SelectorKind.Tag, "a"), Selector.OfGroup("https://shop.example", "cart")]);
        }

        public Standing Standing => _tenant.Check(_cells, _fill.Seq);

        public void Dispose()
        {
            _cells.Dispose();
            _fill.Dispose();
        }
    }
}
