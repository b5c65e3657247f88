using System.Net;
using System.Text.Json;

namespace OrleansGateway.Tests.Gateway;

/// <summary>The route with the longest path serves a request, with its own models; a key is held to both.</summary>
public sealed class RouteTests
{
    private const string Key = "team-key-0123456789-0123456789";

    private const string Yaml = $$$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: off}
        tenants: {acme: {} }
        keys:
          all: {tenant: acme, secret: {{{GatewayUnderTest.Key}}}}
          team: {tenant: acme, secret: {{{Key}}}, routes: [team], models: ["b*"]}
        providers: {fake: {kind: fake}}
        models: {a: {targets: [{provider: fake}]}, b1: {targets: [{provider: fake}]}, b2: {targets: [{provider: fake}]} }
        routes: {default: {path: /, models: [a, b1]}, team: {path: /team/, models: [b1, b2, a]} }
        """;

    [Theory]
    [InlineData("/v1/models", GatewayUnderTest.Key, "a b1")]
    [InlineData("/team/v1/models", GatewayUnderTest.Key, "a b1 b2")]
    [InlineData("/team/v1/models", Key, "b1 b2")]
    public async Task ListModels_OnARoute_AreThoseOfRouteAndKey(string path, string key, string expected)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml);
        gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var list = JsonElement.Parse(await gateway.Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal(expected, string.Join(' ', list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString())));
    }

    [Theory]
    [InlineData("/v1/models", Key, HttpStatusCode.Forbidden, "route_not_allowed")]
    [InlineData("/v1/models/b2", GatewayUnderTest.Key, HttpStatusCode.NotFound, "model_not_found")]
    [InlineData("/team/v1/models/a", Key, HttpStatusCode.Forbidden, "model_not_allowed")]
    [InlineData("/other/v1/models", Key, HttpStatusCode.NotFound, "route_not_found")]
    public async Task Get_OfWhatRouteOrKeyDoNotAllow_IsRefused(string path, string key, HttpStatusCode status, string code)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml);
        gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var answer = await gateway.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal((status, code), await ChatBed.ErrorAsync(answer));
    }
}
