using System.Net;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Auth;

/// <summary>Where keys may be fetched from.</summary>
public sealed class DiscoveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ISSUER", "ISSUER/keys", null)]
    [InlineData("https://login.example", "ISSUER/keys", "is that of another issuer")]
    [InlineData("ISSUER", "http://10.0.0.1/keys", "not served by https")]
    [InlineData("ISSUER", "ftp://login.example/keys", "not served by https")]
    [InlineData("ISSUER", "keys", "names no JWK set")]
    [InlineData("ISSUER", "https://10.255.255.1/keys", "leads to a private address")]
    [InlineData("ISSUER", "https://169.254.169.254/latest", "leads to a private address")]
    public async Task Fetch_ByDiscovery_TakesOnlyADocumentOfTheIssuerAndASafeAddress(string issuer, string set, string? problem)
    {
        await using var endpoint = await MockUpstream.StartAsync();
        var root = endpoint.Url.ToString().TrimEnd('/');
        endpoint.Handler = request => request.Path switch
        {
            "/.well-known/openid-configuration" => Answer.Json($$"""{"issuer":"{{Filled(issuer)}}","jwks_uri":"{{Filled(set)}}"}"""),
            "/keys" => Answer.Json(SigningKey.SetOf(SigningKey.First)),
            _ => Answer.Json("{}", 404),
        };
        var origin = new JwtIssuer("corp", new JwtSettings { Issuer = root, Discovery = true }).Origin!;
        using var client = new JwkClient();
        var (text, fault) = await client.FetchAsync(origin, Cancel, Cancel);
        Assert.Equal(problem is null, text is not null);
        Assert.Contains(problem ?? "", fault, StringComparison.Ordinal);

        string Filled(string template) => template.Replace("ISSUER", root, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Contain_OfAddresses_TellsThoseOfTheInternet(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddresses.Contain(IPAddress.Parse(address)));
}
