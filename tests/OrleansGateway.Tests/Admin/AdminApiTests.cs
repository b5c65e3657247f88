using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansGateway.Tests.Admin;

public sealed class AdminApiTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("GET", "/admin/v1/keys")]
    [InlineData("POST", "/admin/v1/keys")]
    [InlineData("GET", "/admin/v1/keys/key_1")]
    [InlineData("POST", "/admin/v1/keys/key_1/rotate")]
    [InlineData("POST", "/admin/v1/keys/key_1/revoke")]
    [InlineData("GET", "/admin/v1/config")]
    [InlineData("POST", "/admin/v1/config/reload")]
    [InlineData("GET", "/admin/v1/tenants")]
    public async Task AnyCall_WithoutTheToken_IsRefused(string method, string path)
    {
        var token = _host.Token.Fresh!.Reveal();
        foreach (var authorization in (string?[])[null, "Bearer wrong", token, $"Basic {token}", $"Bearer {token}x", $"Bearer {new string('x', 9_000)}"])
        {
            _host.Client.DefaultRequestHeaders.Authorization = authorization is null ? null : AuthenticationHeaderValue.Parse(authorization);
            using var response = await _host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            Assert.DoesNotContain(token, await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET", "/admin/v1/nothing")]
    [InlineData("DELETE", "/admin/v1/keys")]
    public async Task AnyCall_OfWhatIsNotThere_SaysSo(string method, string path)
    {
        _host.Client.DefaultRequestHeaders.Authorization = new("Bearer", _host.Token.Fresh!.Reveal());
        using var response = await _host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Create_WhenGranted_ShowsTheKeyOnceAndNeverAgain()
    {
        var (response, made) = await _host.PostAsync("/admin/v1/keys", """
            {"tenant":"acme","team":"blue","user":"ada","name":"ci","models":["gpt-*"],"routes":["chat"],"ip_ranges":["10.0.0.0/8"],
             "expires_at":"2030-01-01T00:00:00Z","metadata":{"cost":"42"}}
            """);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        var (id, key) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        Assert.Equal($"/admin/v1/keys/{id}", response.Headers.Location!.ToString());
        Assert.Equal(id, _host.Directory.Find(key)!.KeyId);

        var (_, read) = await _host.GetAsync($"/admin/v1/keys/{id}");
        Assert.False(read.TryGetProperty("key", out _));
        Assert.Equal(("active", "ci", "acme", "blue", "ada"), (Text(read, "status"), Text(read, "name"), Text(read, "tenant"), Text(read, "team"), Text(read, "user")));
        Assert.Equal("""["gpt-*"]["chat"]["10.0.0.0/8"]{"cost":"42"}""",
            string.Concat(((string[])["models", "routes", "ip_ranges", "metadata"]).Select(p => read.GetProperty(p).GetRawText())));
        Assert.DoesNotContain(key, (await _host.GetAsync("/admin/v1/keys")).Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithFaults_ListsEveryOne()
    {
        var (response, problem) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"none","models":["a*b"],"ip_ranges":["x"],"expires_at":"soon"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["tenant", "models[0]", "ip_ranges[0]", "expires_at"], Paths(problem));
    }

    [Fact]
    public async Task Create_WithFieldsItDoesNotKnow_NamesThem()
    {
        var (response, problem) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme","expires":"2030-01-01T00:00:00Z","Models":[]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["expires", "Models"], Paths(problem));
    }

    [Theory]
    [InlineData("{", "")]
    [InlineData("[]", "")]
    [InlineData("""{"tenant":7}""", "tenant")]
    [InlineData("""{"tenant":"acme","models":["a",{}]}""", "models[1]")]
    [InlineData("""{"tenant":"acme","tenant":"closed"}""", "")]
    public async Task Create_WithABodyThatCannotBeRead_SaysWhere(string json, string path)
    {
        var (response, problem) = await _host.PostAsync("/admin/v1/keys", json);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_json", Text(problem, "code"));
        Assert.Equal(path, Assert.Single(Paths(problem)));
    }

    [Fact]
    public async Task Create_WithABodyOverTheLimit_IsRefused()
    {
        var (response, problem) = await _host.PostAsync("/admin/v1/keys", $$"""{"tenant":"{{new string('x', 64 << 10)}}"}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("request_too_large", Text(problem, "code"));
    }

    [Fact]
    public async Task Create_WithAnIdempotencyKeyUsedBefore_NamesTheKeyItMade()
    {
        var (_, made) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""", "order-7");
        var (response, problem) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""", "order-7");
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal(("key_already_created", Text(made, "id")), (Text(problem, "code"), Text(problem, "key_id")));
        Assert.Single((await _host.GetAsync("/admin/v1/keys")).Body.GetProperty("keys").EnumerateArray());
        Assert.Equal(["Idempotency-Key"], Paths((await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""", new string('k', 256))).Body));
    }

    [Fact]
    public async Task List_WithLimitAndCursor_PagesThroughTheFilteredKeys()
    {
        for (var i = 0; i < 3; i++) await _host.PostAsync("/admin/v1/keys", $$"""{"tenant":"acme","team":"blue","name":"{{i}}"}""");
        await _host.PostAsync("/admin/v1/keys", """{"tenant":"closed"}""");
        var (_, first) = await _host.GetAsync("/admin/v1/keys?tenant=acme&team=blue&limit=2");
        var (_, second) = await _host.GetAsync($"/admin/v1/keys?tenant=acme&team=blue&limit=2&cursor={Text(first, "next_cursor")}");
        Assert.Equal(["0", "1"], first.GetProperty("keys").EnumerateArray().Select(k => Text(k, "name")));
        Assert.Equal(["2"], second.GetProperty("keys").EnumerateArray().Select(k => Text(k, "name")));
        Assert.False(second.TryGetProperty("next_cursor", out _));
    }

    [Fact]
    public async Task List_WithParametersThatAreWrong_ListsEveryOne()
    {
        var (response, problem) = await _host.GetAsync("/admin/v1/keys?limit=1001&cursor=x&tennant=acme");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["tennant", "limit"], Paths(problem));
        Assert.Equal(["cursor"], Paths((await _host.GetAsync("/admin/v1/keys?cursor=7")).Body));
    }

    [Theory]
    [InlineData(null, 24 * 3600)]
    [InlineData("""{"grace":"90s"}""", 90)]
    [InlineData("""{"grace":120}""", 120)]
    [InlineData("""{"grace":"0s"}""", 0)]
    public async Task Rotate_WithAnyFormOfGrace_KeepsTheKeyBeforeForIt(string? body, int seconds)
    {
        var (_, made) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""");
        var (response, rotated) = await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/rotate", body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull(_host.Directory.Find(Text(rotated, "key")!));
        _host.Directory.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(seconds > 0, _host.Directory.Find(Text(made, "key")!) is not null);
        _host.Directory.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(_host.Directory.Find(Text(made, "key")!));
    }

    [Theory]
    [InlineData("""{"grace":"31d"}""")]
    [InlineData("""{"grace":"soon"}""")]
    [InlineData("""{"grace":-1}""")]
    [InlineData("""{"grace":1.5}""")]
    [InlineData("""{"grace":true}""")]
    public async Task Rotate_WithAGraceThatIsWrong_SaysSoAndChangesNothing(string body)
    {
        var (_, made) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""");
        var (response, problem) = await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/rotate", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["grace"], Paths(problem));
        Assert.NotNull(_host.Directory.Find(Text(made, "key")!));
    }

    [Fact]
    public async Task Revoke_WhenItAnswers_TheKeyIsGoneAndARepeatSaysTheSame()
    {
        var (_, made) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""");
        var (response, revoked) = await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/revoke");
        Assert.Null(_host.Directory.Find(Text(made, "key")!));
        Assert.Equal((HttpStatusCode.OK, "revoked"), (response.StatusCode, Text(revoked, "status")));
        Assert.Equal(revoked.GetRawText(), (await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/revoke")).Body.GetRawText());
    }

    [Theory]
    [InlineData("/admin/v1/keys/key_none/rotate", 404, "key_not_found")]
    [InlineData("/admin/v1/keys/key_none/revoke", 404, "key_not_found")]
    [InlineData("/admin/v1/keys/configured/revoke", 409, "key_in_configuration")]
    public async Task Change_OfAKeyThatCannotBeChanged_SaysWhy(string path, int status, string code)
    {
        var (response, problem) = await _host.PostAsync(path);
        Assert.Equal((status, code), ((int)response.StatusCode, Text(problem, "code")));
    }

    [Fact]
    public async Task Config_WhenAReloadIsRefused_ShowsEveryFaultAndTheOneInForce()
    {
        var before = Text((await _host.GetAsync("/admin/v1/config")).Body, "version");
        await File.WriteAllTextAsync(_host.ConfigPath, "drain_timeout: 7\n" + AdminHost.Yaml + "other: 1\n", Cancel);
        var (response, problem) = await _host.PostAsync("/admin/v1/config/reload");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["drain_timeout", "other"], Paths(problem));
        Assert.Equal(1, problem.GetProperty("errors")[0].GetProperty("line").GetInt32());
        var (_, now) = await _host.GetAsync("/admin/v1/config");
        Assert.Equal((before, 2), (Text(now, "version"), now.GetProperty("last_faults").GetArrayLength()));
    }

    [Fact]
    public async Task Config_WhenAReloadSucceeds_ShowsTheNewVersion()
    {
        await File.WriteAllTextAsync(_host.ConfigPath, AdminHost.Yaml + "drain_timeout: 7s\n", Cancel);
        var (response, reloaded) = await _host.PostAsync("/admin/v1/config/reload");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("2-", Text(reloaded, "version"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tenants_WhenAsked_ListsTeamsAndUsers() => Assert.Equal(
        """{"tenants":[{"id":"acme","name":"Acme Inc.","enabled":true,"source":"file","teams":[{"id":"blue","name":"blue","source":"file","users":[{"id":"ada","name":"ada","source":"file"}]}]},{"id":"closed","name":"closed","enabled":false,"source":"file","teams":[]}]}""",
        (await _host.GetAsync("/admin/v1/tenants")).Body.GetRawText());

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static IEnumerable<string?> Paths(JsonElement problem) => problem.GetProperty("errors").EnumerateArray().Select(e => Text(e, "path"));
}
