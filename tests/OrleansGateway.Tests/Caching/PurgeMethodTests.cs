using System.Text.Json;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Caching;

public sealed class PurgeMethodTests
{
    private const string Deploy = "test-key-deploy-0123456789-0123456789";
    private const string Other = "test-key-other-0123456789-0123456789";

    private static readonly HttpMethod s_purge = new("PURGE");

    [Theory(Timeout = 60_000)]
    [InlineData(false, "gateway; fwd=uri-miss; fwd-status=200; stored", "hard")]
    [InlineData(true, "gateway; fwd=stale; fwd-status=304; stored", "soft")]
    public async Task Purge_ByAKeyThatMay_IsDoneWhenItIsAnswered(bool isSoft, string after, string mode)
    {
        await using var bed = await StartAsync();
        await GetAsync(bed, "/a?b=1");
        await GetAsync(bed, "/a?b=2");
        var purged = await bed.SendAsync(s_purge, "/a?b=1", isSoft ? [.. As(Deploy), ("Fastly-Soft-Purge", "1")] : As(Deploy));
        var said = JsonElement.Parse(purged.Body);
        Assert.Equal((200, "ok", mode, 1), (purged.Status, said.GetProperty("status").GetString(), said.GetProperty("mode").GetString(), said.GetProperty("sequence").GetInt32()));
        Assert.StartsWith(after, (await GetAsync(bed, "/a?b=1")).CacheStatus, StringComparison.Ordinal);
        Assert.True((await GetAsync(bed, "/a?b=2")).IsHit);
        Assert.DoesNotContain(bed.Asked, static asked => asked.StartsWith("PURGE", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_ByAKeyThatMayNot_IsRefusedInTheRoutesDialectAndPurgesNothing()
    {
        await using var bed = await StartAsync();
        await GetAsync(bed, "/a");
        var refused = await bed.SendAsync(s_purge, "/a", As(GatewayUnderTest.Key));
        Assert.Equal((403, "purge_not_allowed"), (refused.Status, JsonElement.Parse(refused.Body).GetProperty("code").GetString()));
        Assert.Equal(401, (await bed.SendAsync(s_purge, "/a")).Status);
        Assert.True((await GetAsync(bed, "/a")).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_ByAKeyOfAnotherTenant_ReachesThatTenantsContentOnly()
    {
        await using var bed = await StartAsync();
        await GetAsync(bed, "/a");
        await GetAsync(bed, "/a", Other);
        Assert.Equal(200, (await bed.SendAsync(s_purge, "/a", As(Other))).Status);
        Assert.True((await GetAsync(bed, "/a")).IsHit);
        Assert.False((await GetAsync(bed, "/a", Other)).IsHit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Purge_OnARouteWithoutIt_GoesToTheUpstream()
    {
        await using var bed = await StartAsync("scope: tenant");
        await bed.SendAsync(s_purge, "/a", As(Deploy));
        Assert.Equal(["PURGE /a"], bed.Asked);
    }

    private static Task<CacheBed> StartAsync(string cache = "scope: tenant, purge_keys: [deploy, other]") => CacheBed.StartAsync(
        async http =>
        {
            (http.Response.Headers.CacheControl, http.Response.Headers.ETag) = ("max-age=3600", "\"one\"");
            if (http.Request.Headers.IfNoneMatch == "\"one\"") http.Response.StatusCode = 304;
            else await http.Response.Body.WriteAsync("body"u8.ToArray());
        },
        cache,
        "auth: [key]",
        keys: $"deploy: {{tenant: acme, secret: {Deploy}}}, other: {{tenant: globex, secret: {Other}}}");

    private static Task<CacheAnswer> GetAsync(CacheBed bed, string path, string key = GatewayUnderTest.Key) => bed.GetAsync(path, As(key));

    private static (string Name, string Value)[] As(string key) => [("Authorization", "Bearer " + key)];
}
