using OrleansGateway.Cli;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Operations;

public sealed class SampleCurlTests : IDisposable
{
    private static readonly Uri Address = new("http://127.0.0.1:8080/");
    private readonly TestFolder _folder = new();

    [Fact]
    public void SampleCurl_WithLimitsOnKeysAndRoutes_TakesWhatGoesTogether()
    {
        var settings = Settings(
            """
            tenants: {gone: {enabled: false}, acme: {}}
            keys:
              hashed: {tenant: acme, hash: 0000000000000000000000000000000000000000000000000000000000000001}
              disabled: {tenant: gone, secret: disabled-0123456789-0123456789}
              bound: {tenant: acme, secret: "it's-bound-0123456789-0123456789", routes: [inner], models: [second, "third*"]}
            providers: {fake: {kind: fake}}
            models: {first: {targets: [{provider: fake}]}, second: {targets: [{provider: fake}]}, third: {targets: [{provider: fake}]}}
            routes: {outer: {path: /}, inner: {path: /inner/, models: [third]}}
            """);
        Assert.Equal(
            """curl http://127.0.0.1:8080/inner/v1/chat/completions -H 'Authorization: Bearer it'\''s-bound-0123456789-0123456789' """
            + """-H 'Content-Type: application/json' -d '{"model":"third","messages":[{"role":"user","content":"Hello, gateway!"}]}'""",
            SampleCurl.Write(settings, Address));
    }

    [Fact]
    public void SampleCurl_WhenNoKeyHasAText_IsNone() => Assert.Null(SampleCurl.Write(Settings("""
        tenants: {acme: {}}
        keys: {hashed: {tenant: acme, hash: 0000000000000000000000000000000000000000000000000000000000000001}}
        providers: {fake: {kind: fake}}
        models: {first: {targets: [{provider: fake}]}}
        routes: {default: {path: /}}
        """), Address));

    public void Dispose() => _folder.Dispose();

    private GatewaySettings Settings(string yaml)
    {
        var reading = _folder.Read(yaml);
        Assert.True(reading.Settings is not null, string.Join('\n', reading.Faults));
        return reading.Settings;
    }
}
