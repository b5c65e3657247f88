using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansGateway.Auth;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Auth;

/// <summary>The auth stage before an issuer on loopback whose keys a test can change.</summary>
internal sealed class TokenBed : IAsyncDisposable
{
    public const string Issuer = "https://login.example";
    public const string Audience = "gateway";

    private readonly StateFolder _folder = new();
    private readonly ILoggerFactory _logs;
    private readonly TestTokens _tokens;
    private readonly AuthStage _stage;
    private readonly Func<JwtSettings, JwtSettings> _change;

    private TokenBed(MockUpstream endpoint, Func<JwtSettings, JwtSettings> change)
    {
        (Endpoint, _change) = (endpoint, change);
        endpoint.Handler = _ => Answer.Json(Set);
        _logs = LoggerFactory.Create(b => b.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        Directory = new TestDirectory(_logs, Time, _folder.Path);
        Configure(change);
        _tokens = new TestTokens(() => Directory.Snapshot, Time, _logs);
        _stage = new AuthStage(Directory.Keys, _tokens.Callers, Directory.Tenants, Time, _logs.CreateLogger<AuthStage>());
    }

    public MockUpstream Endpoint { get; }
    public ManualTime Time { get; } = new();
    public LogCapture Log { get; } = new();
    public TestDirectory Directory { get; }

    /// <summary>What the endpoint answers.</summary>
    public string Set { get; set; } = SigningKey.SetOf(SigningKey.First, SigningKey.Curve);

    public int Fetches => Endpoint.Requests.Count;

    /// <summary>The issuer's keys as the gateway has them.</summary>
    public FetchedKeys Source => _tokens.Keys.Fetched(Directory.Snapshot.Issuers.Values.Single().Origin!);

    public static async Task<TokenBed> StartAsync(Func<JwtSettings, JwtSettings>? change = null) => new(await MockUpstream.StartAsync(), change ?? (s => s));

    /// <summary>Takes over another configuration, as a reload does.</summary>
    public void Configure(Func<JwtSettings, JwtSettings>? change = null, Func<GatewaySettings, GatewaySettings>? more = null)
    {
        var issuer = (change ?? _change)(new JwtSettings { Issuer = Issuer, Audiences = [Audience], JwksUrl = new Uri(Endpoint.Url, "/keys"), Tenant = "acme" });
        var settings = TestDirectory.Settings with { Jwt = new Dictionary<string, JwtSettings> { ["corp"] = issuer } };
        Directory.Snapshot = Snapshot.Compile((more ?? (s => s))(settings), 1, "");
    }

    /// <summary>Claims of a token that is good for an hour; a member of <paramref name="more"/> replaces one, or takes it out if it is null.</summary>
    public string Claims(string more = "{}")
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = "ada", ["iat"] = now, ["exp"] = now + 3600 };
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject())
        {
            if (value is null) claims.Remove(name);
            else claims[name] = value.DeepClone();
        }

        return claims.ToJsonString();
    }

    public string Token(string more = "{}", SigningKey? key = null) => (key ?? SigningKey.First).Sign(Claims(more));

    public Exchange Request(string credential)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = $"Bearer {credential}";
        return new Exchange(http, Directory.Snapshot, "request", startedAt: 0) { Route = Directory.Snapshot.Routes.All[0] };
    }

    /// <summary>What becomes of a request with this credential: its caller, or the refusal.</summary>
    public async Task<Exchange> PresentAsync(string credential)
    {
        var exchange = Request(credential);
        var passed = false;
        await InvokeAsync(exchange, _ =>
        {
            passed = true;
            return ValueTask.CompletedTask;
        });
        Assert.Equal(passed, exchange.Caller is not null && exchange.Refusal is null);
        return exchange;
    }

    public ValueTask InvokeAsync(Exchange exchange, Next next) => _stage.InvokeAsync(exchange, next);

    public async Task<Caller> AcceptsAsync(string token)
    {
        var exchange = await PresentAsync(token);
        Assert.True(exchange.Refusal is null, $"{exchange.Refusal}\n{Log.Text}");
        return exchange.Caller!;
    }

    public async Task<Exchange> RefusesAsync(string token, int status, string code)
    {
        var exchange = await PresentAsync(token);
        Assert.Equal((status, code), (exchange.Refusal?.Status, exchange.Refusal?.Code));
        Assert.DoesNotContain(token, exchange.Refusal!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(token, Log.Text, StringComparison.Ordinal);
        return exchange;
    }

    public async ValueTask DisposeAsync()
    {
        await _tokens.DisposeAsync();
        await Endpoint.DisposeAsync();
        Directory.Dispose();
        _logs.Dispose();
        _folder.Dispose();
    }
}
