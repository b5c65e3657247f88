using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansGateway.Auth;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Auth;

/// <summary>Routes that let pass who shows nothing.</summary>
public sealed class AnonymousTests : IAsyncDisposable
{
    private readonly StateFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly LoggerFactory _logs = new();
    private readonly TestDirectory _directory;
    private readonly TestTokens _tokens;
    private readonly AuthStage _stage;

    public AnonymousTests()
    {
        _directory = new TestDirectory(_logs, _time, _folder.Path);
        _tokens = new TestTokens(() => _directory.Snapshot, _time, _logs);
        _stage = new AuthStage(_directory.Keys, _tokens.Callers, _directory.Tenants, _time, _logs.CreateLogger<AuthStage>());
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("Bearer wrong-key-0123456789", false)]
    [InlineData("Basic dXNlcjpwYXNz", true)]
    public async Task InvokeAsync_WhereKeysAndNobodyAreTaken_PassesWithoutAKeyAndRefusesAWrongOne(string? authorization, bool passes)
    {
        var exchange = await InvokeAsync(authorization, CredentialKind.Key, CredentialKind.Anonymous);
        Assert.Null(exchange.Caller);
        Assert.Equal(passes ? null : "invalid_api_key", exchange.Refusal?.Code);
    }

    [Fact]
    public async Task InvokeAsync_WhereOnlyNobodyIsTaken_LeavesWhatLooksLikeAKeyToTheUpstream()
    {
        var exchange = await InvokeAsync("Bearer wrong-key-0123456789", CredentialKind.Anonymous);
        Assert.Equal((null, null), (exchange.Caller, exchange.Refusal));
    }

    [Fact]
    public async Task InvokeAsync_WhereOnlyCertificatesAreTaken_RefusesWhoShowsNone()
    {
        var exchange = await InvokeAsync(null, CredentialKind.Certificate);
        Assert.Equal((403, "certificate_required"), (exchange.Refusal!.Status, exchange.Refusal.Code));
    }

    public async ValueTask DisposeAsync()
    {
        await _tokens.DisposeAsync();
        _logs.Dispose();
        _directory.Dispose();
        _folder.Dispose();
    }

    private async Task<Exchange> InvokeAsync(string? authorization, params CredentialKind[] auth)
    {
        var http = new DefaultHttpContext();
        if (authorization is not null) http.Request.Headers.Authorization = authorization;
        var exchange = new Exchange(http, _directory.Snapshot, "request", startedAt: 0) { Route = new Route("open", new RouteSettings { Auth = auth }) };
        var passed = false;
        await _stage.InvokeAsync(exchange, _ =>
        {
            passed = true;
            return ValueTask.CompletedTask;
        });
        Assert.Equal(passed, exchange.Refusal is null);
        return exchange;
    }
}
