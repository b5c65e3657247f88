using System.Net;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Topologies;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Auth;

/// <summary>A whole gateway whose route asks an external service, and accepts tokens.</summary>
public sealed class ExternalAuthTests : IAsyncLifetime
{
    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private MockUpstream _service = null!;
    private GatewayUnderTest _gateway = null!;
    private bool _isStopped;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _service = await MockUpstream.StartAsync(_ => Answer.Json("{}").With("x-plan", "gold").With("x-other", "no"));
        _gateway = await GatewayUnderTest.StartWholeAsync($$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: "{{_folder.File("access.log")}}" }
            tenants: {acme: {teams: {core: {} } } }
            keys: {test: {tenant: acme, team: core, secret: {{GatewayUnderTest.Key}}, metadata: {env: dev, x-plan: none} } }
            jwt:
              corp: {issuer: "{{TokenBed.Issuer}}", audiences: [gateway], jwks: '{{SigningKey.SetOf(SigningKey.First)}}', tenant: acme, claims: {roles: roles} }
            providers: {fake: {kind: fake} }
            models: {m: {targets: [{provider: fake}]} }
            routes:
              closed: {path: /, external_auth: {url: "{{_service.Url}}ask", timeout: 2s, headers_to_send: [X-Tag, x-missing], headers_from_answer: [X-Plan]} }
              open: {path: /open/, external_auth: {url: "{{_service.Url}}ask", on_failure: allow} }
              free: {path: /free/}
            """, _time);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isStopped) await _gateway.DisposeAsync();
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Allowed_ByTheService_PassesAndItsHeadersAreLogged()
    {
        using var answer = await GetAsync("/v1/models", ("x-tag", "blue"), ("x-secret", "unseen"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var asked = Assert.Single(_service.Requests);
        Assert.Equal(("POST", "/ask"), (asked.Method, asked.Path));
        Assert.Equal("""{"x-tag":"blue"}""", asked.Json().GetProperty("headers").GetRawText());
        Assert.Equal(("GET", "/v1/models", "closed"), (Text("method"), Text("path"), Text("route")));
        Assert.Equal("""{"key_id":"test","tenant":"acme","team":"core","user":null,"roles":[]}""", asked.Json().GetProperty("caller").GetRawText());
        Assert.Contains("\"metadata\":{\"env\":\"dev\",\"x-plan\":\"gold\"}", await LogAsync(), StringComparison.Ordinal);

        string? Text(string name) => asked.Json().GetProperty(name).GetString();
    }

    [Fact]
    public async Task Token_OnAWholeGateway_SaysWhoCalls()
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var token = SigningKey.First.Sign($$"""{"iss":"{{TokenBed.Issuer}}","aud":"gateway","sub":"ada","roles":["viewer"],"exp":{{now + 60}}}""");
        _gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"key_id":"jwt:corp","tenant":"acme","team":null,"user":"ada","roles":["viewer"]}""",
            Assert.Single(_service.Requests).Json().GetProperty("caller").GetRawText());
        _gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", token[..^4] + "AAAA");
        using var refused = await GetAsync("/v1/models");
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_token"), await ChatBed.ErrorAsync(refused));
        Assert.Equal("Bearer error=\"invalid_token\", error_description=\"The token is not valid: its signature is wrong.\"", refused.Headers.WwwAuthenticate.ToString());
        Assert.Single(_service.Requests);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Denied_ByTheService_IsRefusedWithItsStatusInTheCallersDialect(int status)
    {
        _service.Enqueue(Answer.Json("{}", status));
        using var answer = await GetAsync("/v1/models");
        Assert.Equal(((HttpStatusCode)status, "external_auth_refused"), await ChatBed.ErrorAsync(answer));
        _service.Enqueue(Answer.Json("{}", status));
        using var open = await GetAsync("/open/v1/models");
        Assert.Equal((HttpStatusCode)status, open.StatusCode);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    [InlineData(429)]
    [InlineData(0)]
    public async Task Failure_OfTheService_FollowsTheRoutesPolicy(int status)
    {
        var failure = status == 0 ? Answer.HangUp : Answer.Json("{}", status).With("location", "/elsewhere");
        // Twice in a row: on a connection that was kept, the client may try a broken request once more.
        _service.Handler = _ => failure;
        using var refused = await GetAsync("/v1/models");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "external_auth_unavailable"), await ChatBed.ErrorAsync(refused));
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        using var allowed = await GetAsync("/open/v1/models");
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        Assert.DoesNotContain(_service.Requests, r => r.Path == "/elsewhere");
    }

    [Theory]
    [InlineData("/v1/models", 2_000, HttpStatusCode.ServiceUnavailable)]
    [InlineData("/open/v1/models", 1_000, HttpStatusCode.OK)]
    public async Task Timeout_OfTheService_FollowsTheRoutesPolicy(string path, int milliseconds, HttpStatusCode status)
    {
        _service.Enqueue(Answer.Silence);
        var request = GetAsync(path);
        await _service.NextRequestAsync(Cancel);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds) - TimeSpan.FromTicks(1));
        Assert.False(request.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        using var answer = await request;
        Assert.Equal(status, answer.StatusCode);
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(new Uri(_gateway.AdminAddress, "/metrics"), Cancel);
        Assert.Contains("gateway_auth_external_duration_seconds_count{http_route=\"" + (status == HttpStatusCode.OK ? "open" : "closed") + "\",outcome=\"timeout\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_WithoutAService_AsksNobody()
    {
        using var answer = await GetAsync("/free/v1/models");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(_service.Requests);
    }

    [Fact]
    public async Task Stranger_WithoutACredential_IsRefusedBeforeTheServiceIsAsked()
    {
        _gateway.Client.DefaultRequestHeaders.Authorization = null;
        using var answer = await GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Empty(_service.Requests);
    }

    private Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return _gateway.Client.SendAsync(request, Cancel);
    }

    /// <summary>The access log, once the gateway has stopped and written it.</summary>
    private async Task<string> LogAsync()
    {
        Topology.SkipOnCluster("reads the log in the gateway's folder.");
        _isStopped = true;
        await _gateway.DisposeAsync();
        return await File.ReadAllTextAsync(_folder.File("access.log"), Cancel);
    }
}
