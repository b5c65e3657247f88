using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using OrleansGateway.Admin;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Admin;

/// <summary>Who may do what, and that nobody bound to a tenant reaches what is another's.</summary>
public sealed class PermissionTests : IAsyncLifetime
{
    // Written out a second time, and not taken from the code: a letter a role. o owner, p operator, t tenant_admin, v viewer, b a viewer bound to a tenant.
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["POST /keys"] = "opt",
        ["GET /keys"] = "optvb",
        ["GET /keys/{id}"] = "optvb",
        ["POST /keys/{id}/rotate"] = "opt",
        ["POST /keys/{id}/revoke"] = "opt",
        ["GET /tenants"] = "optvb",
        ["POST /tenants"] = "op",
        ["GET /tenants/{id}"] = "optvb",
        ["PATCH /tenants/{id}"] = "op",
        ["DELETE /tenants/{id}"] = "op",
        ["GET /tenants/{id}/teams"] = "optvb",
        ["POST /tenants/{id}/teams"] = "opt",
        ["GET /tenants/{id}/teams/{team}"] = "optvb",
        ["PATCH /tenants/{id}/teams/{team}"] = "opt",
        ["DELETE /tenants/{id}/teams/{team}"] = "opt",
        ["GET /tenants/{id}/teams/{team}/users"] = "optvb",
        ["POST /tenants/{id}/teams/{team}/users"] = "opt",
        ["GET /tenants/{id}/teams/{team}/users/{user}"] = "optvb",
        ["PATCH /tenants/{id}/teams/{team}/users/{user}"] = "opt",
        ["DELETE /tenants/{id}/teams/{team}/users/{user}"] = "opt",
        ["POST /admins"] = "o",
        ["GET /admins"] = "op",
        ["POST /admins/{id}/rotate"] = "o",
        ["POST /admins/{id}/revoke"] = "o",
        ["GET /config"] = "opv",
        ["PUT /config"] = "op",
        ["POST /config/reload"] = "op",
        ["GET /config/document"] = "op",
        ["POST /config/check"] = "op",
        ["POST /config/diff"] = "op",
        ["GET /config/history"] = "op",
        ["POST /config/rollback"] = "op",
        ["GET /audit"] = "opv",
        ["GET /audit/verify"] = "opv",
        ["POST /audit/usage"] = "opv",
        ["GET /audit/usage"] = "opv",
        ["POST /usage/rerate"] = "op",
        ["GET /budgets"] = "optvb",
        ["GET /budgets/suspense"] = "optvb",
        ["POST /budgets/grant"] = "op",
        ["POST /budgets/refund"] = "op",
        ["POST /budgets/adjust"] = "op",
        ["POST /budgets/reset"] = "op",
        ["POST /budgets/settle"] = "op",
        ["GET /usage"] = "optvb",
        ["GET /usage/records"] = "optvb",
        ["GET /usage/tail"] = "optvb",
        ["GET /usage/insights"] = "optvb",
        ["GET /limits/explain"] = "optvb",
        ["GET /events"] = "opv",
        ["GET /webhooks"] = "opv",
        ["GET /webhooks/{id}/deliveries"] = "opv",
        ["GET /webhooks/{id}/dead-letters"] = "opv",
        ["POST /webhooks/{id}/resend"] = "op",
        ["POST /webhooks/{id}/replay"] = "op",
        ["POST /webhooks/{id}/test"] = "op",
        ["POST /webhooks/{id}/enable"] = "op",
        ["POST /purge"] = "opt",
        ["POST /events"] = "opt",
        ["GET /events/parked"] = "opv",
        ["GET /events/parked/{id}"] = "opv",
        ["POST /events/parked/{id}/retry"] = "op",
        ["DELETE /events/parked/{id}"] = "op",
        ["GET /cache/stats"] = "optvb",
        ["GET /cache/top"] = "optvb",
        ["GET /cache/explain"] = "optvb",
        ["GET /cluster"] = "opv",
        ["POST /cluster/nodes/{id}/drain"] = "op",
        ["GET /status"] = "opv",
        ["GET /upstreams"] = "opv",
        ["GET /scaling"] = "opv",
        ["GET /openapi.json"] = "optvb",
    };

    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task EveryEndpoint_ForEveryRole_IsAllowedOrRefusedAsTheTableSays()
    {
        var tokens = new Dictionary<char, string>
        {
            ['o'] = await _host.AdminAsync("owner"),
            ['p'] = await _host.AdminAsync("operator"),
            ['t'] = await _host.AdminAsync("tenant_admin", "acme"),
            ['v'] = await _host.AdminAsync("viewer"),
            ['b'] = await _host.AdminAsync("viewer", "acme"),
        };
        var mapped = _host.Mapped.Where(e => e.Metadata.GetMetadata<AdminEndpoint>() is not null).ToArray();
        Assert.Equal(Allowed.Keys.Order(), mapped.Select(NameOf).Order());
        foreach (var endpoint in mapped)
        {
            var (method, path) = (NameOf(endpoint).Split(' ')[0], "/admin/v1" + Regex.Replace(NameOf(endpoint).Split(' ')[1], "{[a-z]+}", "none"));
            foreach (var (role, token) in tokens)
            {
                var (response, body) = await _host.CallAsync(method, path, token: token);
                var refused = response.StatusCode == HttpStatusCode.Forbidden && body.Contains("forbidden_for_role", StringComparison.Ordinal);
                Assert.True(refused != Allowed[NameOf(endpoint)].Contains(role), $"{role} {method} {path}: {response.StatusCode}");
            }
        }
    }

    [Fact]
    public void EveryRoute_UnderTheAdminPath_StatesItsPermissionOrAnswersThatThereIsNone() =>
        Assert.Equal("/admin/v1/{**rest}", Assert.Single(_host.Mapped, e => e.Metadata.GetMetadata<AdminEndpoint>() is null).RoutePattern.RawText);

    [Fact]
    public async Task TenantAdmin_WhateverItSends_NeitherSeesNorChangesTheKeysOfOthers()
    {
        var others = (await _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = "closed" }, "theirs", TestAudit.Actor, Cancel)).Key!;
        var own = (await _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, TestAudit.Actor, Cancel)).Key!;
        await _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = "closed" }, null, TestAudit.Actor, Cancel);
        var token = await _host.AdminAsync("tenant_admin", "acme");

        foreach (var (method, path) in ((string, string)[])[("GET", ""), ("POST", "/rotate"), ("POST", "/revoke")])
        {
            var (theirs, body) = await _host.CallAsync(method, $"/admin/v1/keys/{others.Id}{path}", token: token);
            var (none, noBody) = await _host.CallAsync(method, $"/admin/v1/keys/key_none{path}", token: token);
            Assert.Equal((HttpStatusCode.NotFound, noBody), (theirs.StatusCode, body.Replace(others.Id, "key_none", StringComparison.Ordinal)));
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }

        foreach (var query in (string[])["", "?limit=1", "?tenant=acme", "?tenant="])
            Assert.Equal([own.Id], Ids((await _host.CallAsync("GET", "/admin/v1/keys" + query, token: token)).Body));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _host.CallAsync("GET", $"/admin/v1/keys?cursor={others.Id}", token: token)).Response.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _host.CallAsync("GET", "/admin/v1/keys?tenant=closed", token: token)).Response.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _host.CallAsync("POST", "/admin/v1/keys", """{"tenant":"closed"}""", token)).Response.StatusCode);
        var untouched = (await _host.Directory.Keys.GetAsync(others.Id, Cancel))!;
        Assert.Equal((1, null), (untouched.Version, untouched.RevokedAt));
        Assert.DoesNotContain("closed", (await _host.CallAsync("GET", "/admin/v1/tenants", token: token)).Body, StringComparison.Ordinal);

        // An Idempotency-Key that others used neither refuses the call nor names their key.
        var (made, key) = await _host.CallAsync("POST", "/admin/v1/keys", """{"tenant":"acme"}""", token, ("Idempotency-Key", "theirs"));
        Assert.True(made.StatusCode == HttpStatusCode.Created, key);
        var (again, problem) = await _host.CallAsync("POST", "/admin/v1/keys", """{"tenant":"acme"}""", token, ("Idempotency-Key", "theirs"));
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Contains(JsonElement.Parse(key).GetProperty("id").GetString()!, problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TenantAdmin_OfAKeyStatedInTheConfiguration_LearnsNothingOfIt()
    {
        var token = await _host.AdminAsync("tenant_admin", "closed");
        Assert.Equal(HttpStatusCode.NotFound, (await _host.CallAsync("POST", "/admin/v1/keys/configured/revoke", token: token)).Response.StatusCode);
    }

    [Fact]
    public async Task TenantAdmin_OfItsOwnKeys_MayDoAll()
    {
        var token = await _host.AdminAsync("tenant_admin", "acme");
        var (made, body) = await _host.CallAsync("POST", "/admin/v1/keys", """{"tenant":"acme"}""", token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var id = JsonElement.Parse(body).GetProperty("id").GetString();
        Assert.Equal([id!], Ids((await _host.CallAsync("GET", "/admin/v1/keys", token: token)).Body));
        Assert.Equal(HttpStatusCode.OK, (await _host.CallAsync("POST", $"/admin/v1/keys/{id}/rotate", token: token)).Response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _host.CallAsync("POST", $"/admin/v1/keys/{id}/revoke", token: token)).Response.StatusCode);
    }

    private static string NameOf(RouteEndpoint endpoint)
    {
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single();
        return $"{method} {endpoint.RoutePattern.RawText!["/admin/v1".Length..]}";
    }

    private static IEnumerable<string> Ids(string body) => JsonElement.Parse(body).GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("id").GetString()!);
}
