using System.Net;
using System.Text.Json;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Admin;

/// <summary>Tenants, teams and users over the admin API.</summary>
public sealed class TenantApiTests : IAsyncLifetime
{
    private const string Root = "/admin/v1/tenants";

    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Create_OfEachKind_AnswersWithItAndItsPlaceAndARepeatSaysThatItIsThere()
    {
        (string Path, string Json, string Answer)[] all =
        [
            ("", """{"id":"zeta","name":"Zeta"}""", """{"id":"zeta","name":"Zeta","enabled":true,"source":"api","teams":[]}"""),
            ("/zeta/teams", """{"id":"red"}""", """{"id":"red","name":"red","source":"api","users":[]}"""),
            ("/zeta/teams/red/users", """{"id":"bob"}""", """{"id":"bob","name":"bob","source":"api"}"""),
        ];
        foreach (var (path, json, answer) in all)
        {
            var (made, body) = await _host.CallAsync("POST", Root + path, json);
            Assert.Equal((HttpStatusCode.Created, answer), (made.StatusCode, body));
            var (again, same) = await _host.CallAsync("POST", Root + path, json);
            Assert.Equal((HttpStatusCode.OK, answer), (again.StatusCode, same));
            var (got, shown) = await _host.CallAsync("GET", made.Headers.Location!.ToString());
            Assert.Equal((HttpStatusCode.OK, answer), (got.StatusCode, shown));
        }

        Assert.Equal("""{"tenants":[{"id":"zeta","name":"Zeta","enabled":true,"source":"api","teams":[{"id":"red","name":"red","source":"api","users":[{"id":"bob","name":"bob","source":"api"}]}]}]}""",
            (await _host.CallAsync("GET", Root + "?cursor=closed")).Body);
        Assert.Equal(["user.create", "team.create", "tenant.create"], (await AuditAsync("?actor=bootstrap")).Where(a => a.EndsWith(".create", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Patch_OfATenant_ChangesOnlyWhatIsSent()
    {
        await PostAsync("", """{"id":"zeta","name":"Zeta"}""");
        var (disabled, body) = await _host.CallAsync("PATCH", Root + "/zeta", """{"enabled":false}""");
        Assert.Equal((HttpStatusCode.OK, """{"id":"zeta","name":"Zeta","enabled":false,"source":"api","teams":[]}"""), (disabled.StatusCode, body));
        Assert.False(_host.Directory.Tenants.Find("zeta")!.Enabled);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("PATCH", Root + "/zeta", """{"id":"other"}""")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("PATCH", Root + "/zeta", """{"name":""}""")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.CallAsync("PATCH", Root + "/zeta", """{"enabled":"no"}""")).Response.StatusCode);
        await RefusesAsync("PATCH", "/none", "{}", HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task Delete_OfEachKind_AnswersWithNothingAndThenThatThereIsNone()
    {
        await PostAsync("", """{"id":"zeta"}""");
        await PostAsync("/zeta/teams", """{"id":"red"}""");
        await PostAsync("/zeta/teams/red/users", """{"id":"bob"}""");
        foreach (var (path, code) in ((string, string)[])[("/zeta/teams/red/users/bob", "user_not_found"), ("/zeta/teams/red", "team_not_found"), ("/zeta", "tenant_not_found")])
        {
            var (deleted, body) = await _host.CallAsync("DELETE", Root + path);
            Assert.Equal((HttpStatusCode.NoContent, ""), (deleted.StatusCode, body));
            await RefusesAsync("GET", path, null, HttpStatusCode.NotFound, code);
            await RefusesAsync("DELETE", path, null, HttpStatusCode.NotFound, code);
        }
    }

    [Fact]
    public async Task WhatIsInTheWay_IsSaidByItsCode()
    {
        await PostAsync("", """{"id":"zeta"}""");
        await RefusesAsync("POST", "", """{"id":"zeta","name":"Other"}""", HttpStatusCode.Conflict, "tenant_exists");
        await RefusesAsync("POST", "", """{"id":"acme"}""", HttpStatusCode.Conflict, "tenant_in_configuration");
        await RefusesAsync("PATCH", "/acme/teams/blue", """{"name":"x"}""", HttpStatusCode.Conflict, "team_in_configuration");
        await RefusesAsync("DELETE", "/acme/teams/blue/users/ada", null, HttpStatusCode.Conflict, "user_in_configuration");
        await RefusesAsync("POST", "/none/teams", """{"id":"x"}""", HttpStatusCode.NotFound, "tenant_not_found");
        await RefusesAsync("GET", "/acme/teams/none/users", null, HttpStatusCode.NotFound, "team_not_found");
        await RefusesAsync("POST", "", "{}", HttpStatusCode.UnprocessableEntity, "invalid_request");
        var key = (await _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = "zeta" }, null, TestAudit.Actor, Cancel)).Key!;
        await RefusesAsync("DELETE", "/zeta", null, HttpStatusCode.Conflict, "tenant_has_keys");
        await _host.Directory.Keys.RevokeAsync(key.Id, TestAudit.Actor, Cancel);
        var admin = (await _host.Admins.CreateAsync(new() { Role = "viewer", Tenant = "zeta" }, null, TestAudit.Actor, Cancel)).Account!;
        await RefusesAsync("DELETE", "/zeta", null, HttpStatusCode.Conflict, "tenant_has_admins");
        await _host.Admins.RevokeAsync(admin.Id, TestAudit.Actor, Cancel);
        Assert.Equal(HttpStatusCode.NoContent, (await _host.CallAsync("DELETE", Root + "/zeta")).Response.StatusCode);
    }

    [Fact]
    public async Task Lists_InPages_ShowEachOnceInOrder()
    {
        foreach (var id in (string[])["m", "b", "Z", "0"]) await PostAsync("", $$"""{"id":"{{id}}"}""");
        foreach (var id in (string[])["red", "green"]) await PostAsync("/acme/teams", $$"""{"id":"{{id}}"}""");
        Assert.Equal(["0", "Z", "acme", "b", "closed", "m"], await PagesAsync("", "tenants"));
        Assert.Equal(["blue", "green", "red"], await PagesAsync("/acme/teams", "teams"));
        Assert.Equal(["ada"], await PagesAsync("/acme/teams/blue/users", "users"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("GET", Root + "?limit=0&cursor=%20&x=1")).Response.StatusCode);
    }

    [Fact]
    public async Task TenantAdmin_OfItsOwnTeamsAndUsers_MayDoAllAndOfOthersLearnsNothing()
    {
        await PostAsync("", """{"id":"zeta"}""");
        await PostAsync("/zeta/teams", """{"id":"red"}""");
        var token = await _host.AdminAsync("tenant_admin", "acme");
        (string Method, string Path, string? Body, HttpStatusCode Own)[] calls =
        [
            ("POST", "/T/teams", """{"id":"new"}""", HttpStatusCode.Created),
            ("POST", "/T/teams/new/users", """{"id":"eve"}""", HttpStatusCode.Created),
            ("GET", "/T", null, HttpStatusCode.OK),
            ("GET", "/T/teams", null, HttpStatusCode.OK),
            ("GET", "/T/teams/new", null, HttpStatusCode.OK),
            ("GET", "/T/teams/new/users", null, HttpStatusCode.OK),
            ("PATCH", "/T/teams/new/users/eve", """{"name":"Eve"}""", HttpStatusCode.OK),
            ("DELETE", "/T/teams/new", null, HttpStatusCode.NoContent),
        ];
        foreach (var (method, path, body, own) in calls)
        {
            Assert.Equal(own, (await CallAsync("acme")).Response.StatusCode);
            var (theirs, problem) = await CallAsync("zeta");
            var (none, same) = await CallAsync("none");
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (theirs.StatusCode, none.StatusCode));
            Assert.Equal(same, problem.Replace("zeta", "none", StringComparison.Ordinal));

            Task<(HttpResponseMessage Response, string Body)> CallAsync(string tenant) =>
                _host.CallAsync(method, Root + path.Replace("/T", "/" + tenant, StringComparison.Ordinal), body, token);
        }

        Assert.Equal(["red"], _host.Directory.Tenants.Find("zeta")!.Teams.Keys);
        Assert.DoesNotContain("zeta", (await _host.CallAsync("GET", Root, token: token)).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await _host.CallAsync("PATCH", Root + "/acme", """{"enabled":true}""", token)).Response.StatusCode);
    }

    [Fact]
    public async Task Admin_BoundToATenantMadeAtRunTime_IsMade()
    {
        await PostAsync("", """{"id":"zeta"}""");
        Assert.NotEmpty(await _host.AdminAsync("tenant_admin", "zeta"));
    }

    private Task<(HttpResponseMessage Response, string Body)> PostAsync(string path, string json) => _host.CallAsync("POST", Root + path, json);

    private async Task RefusesAsync(string method, string path, string? json, HttpStatusCode status, string code)
    {
        var (response, body) = await _host.CallAsync(method, Root + path, json);
        Assert.Equal((status, code), (response.StatusCode, JsonElement.Parse(body).GetProperty("code").GetString()));
    }

    private async Task<List<string>> PagesAsync(string path, string field)
    {
        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = JsonElement.Parse((await _host.CallAsync("GET", $"{Root}{path}?limit=2&cursor={cursor}")).Body);
            var items = page.GetProperty(field).EnumerateArray().Select(i => i.GetProperty("id").GetString()!).ToArray();
            Assert.InRange(items.Length, 1, 2);
            seen.AddRange(items);
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }

        return seen;
    }

    private async Task<IEnumerable<string>> AuditAsync(string query) =>
        JsonElement.Parse((await _host.CallAsync("GET", "/admin/v1/audit" + query)).Body).GetProperty("records").EnumerateArray().Select(r => r.GetProperty("action").GetString()!);
}
