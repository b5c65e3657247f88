using OrleansGateway.Tests.Auth;

namespace OrleansGateway.Tests.Configuration;

/// <summary>Faults of issuers, routes' credentials and external services.</summary>
public sealed class JwtRuleTests : IDisposable
{
    private const string Good = "{ issuer: https://i.example, audiences: [a], jwks_url: https://i.example/keys, tenant: acme }";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("", "")]
    [InlineData("jwks_url: https://i.example/keys", "jwks_url: http://localhost:8000/keys")]
    [InlineData("jwks_url: https://i.example/keys", "jwks_url: http://127.0.0.1/keys")]
    [InlineData("jwks_url: https://i.example/keys", "discovery: true")]
    [InlineData("tenant: acme", "claims: { tenant: org }, clock_skew: 5m, refresh: 1d, stale_max: 7d, algorithms: [PS512, ES384]")]
    [InlineData("https://i.example/keys", "https://10.0.0.1/keys, allow_private: true")]
    public void Read_OfAGoodIssuer_TakesIt(string old, string changed) => Assert.Empty(_folder.FaultsOf(With(old, changed)));

    [Theory]
    [InlineData("https://i.example/keys", "http://i.example/keys", "jwks_url: Keys are fetched by https only")]
    [InlineData("https://i.example/keys", "https://10.0.0.1/keys", "jwks_url: This address is a private one")]
    [InlineData("jwks_url: https://i.example/keys, ", "", ": Of jwks_url, discovery and jwks none is given; give exactly one.")]
    [InlineData("tenant: acme", "tenant: acme, discovery: true", ": Of jwks_url, discovery and jwks 2 are given; give exactly one.")]
    [InlineData("issuer: https://i.example, ", "", "issuer: The field issuer is missing.")]
    [InlineData("audiences: [a], ", "", "audiences: The field audiences is missing.")]
    [InlineData("[a]", "[]", "audiences: There are 0 entries; there must be at least 1.")]
    [InlineData("[a]", "['']", "audiences[0]: This must not be empty.")]
    [InlineData("tenant: acme", "tenant: acne", "tenant: There is no 'acne' among the tenants. Did you mean 'acme'?")]
    [InlineData(", tenant: acme", "", ": Neither tenant nor claims.tenant is given; give exactly one.")]
    [InlineData("tenant: acme", "tenant: acme, claims: { tenant: t }", ": Both tenant and claims.tenant are given; give exactly one.")]
    [InlineData("tenant: acme", "tenant: acme, algorithms: [RS256, none]", "algorithms[1]: The algorithm 'none' proves nothing")]
    [InlineData("tenant: acme", "tenant: acme, algorithms: [HS256]", "algorithms[0]: The algorithm 'HS256' proves nothing")]
    [InlineData("tenant: acme", "tenant: acme, algorithms: [rs256]", "algorithms[0]: The algorithm 'rs256' is not known; there are RS256,")]
    [InlineData("tenant: acme", "tenant: acme, clock_skew: 301s", "clock_skew: '301s' is out of range; it must be 0s to 5m.")]
    [InlineData("tenant: acme", "tenant: acme, refresh: 2h, stale_max: 1h", "stale_max: 1h is shorter than refresh, which is 2h.")]
    [InlineData("jwks_url: https://i.example/keys", "jwks: '{}'", "jwks: The JWK set cannot be used: it is no JWK set")]
    [InlineData("issuer: https://i.example, audiences: [a], jwks_url: https://i.example/keys", "issuer: corp, audiences: [a], discovery: true",
        "issuer: With discovery the issuer must be a URL")]
    public void Read_OfAWrongIssuer_NamesTheFault(string old, string changed, string fault)
    {
        var found = Assert.Single(_folder.FaultsOf(With(old, changed)));
        Assert.Contains("jwt.corp" + (fault.StartsWith(':') ? "" : ".") + fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfTwoIssuersOfOneName_NamesTheFault() =>
        Assert.Contains("jwt.corp has this issuer already", Assert.Single(_folder.FaultsOf($"jwt: {{ corp: {Good}, twin: {Good} }}\n" + TestFolder.Good)), StringComparison.Ordinal);

    [Fact]
    public void Read_OfKeysInAFile_TakesThem()
    {
        _folder.Write("keys.json", SigningKey.SetOf(SigningKey.First));
        Assert.Empty(_folder.FaultsOf(With("jwks_url: https://i.example/keys", "jwks: file:keys.json")));
    }

    [Theory]
    [InlineData("auth: [jwt]", "routes.default.auth: Only JWTs may be used here, and no issuer is stated")]
    [InlineData("auth: []", "routes.default.auth: There are 0 entries")]
    [InlineData("auth: [token]", "routes.default.auth[0]: 'token' is not one of key, jwt, certificate, anonymous.")]
    [InlineData("external_auth: {}", "routes.default.external_auth.url: The field url is missing.")]
    [InlineData("external_auth: { url: 'http://a/', timeout: 61s }", "routes.default.external_auth.timeout: '61s' is out of range; it must be 10ms to 1m.")]
    [InlineData("external_auth: { url: 'http://a/', headers_to_send: ['a b'] }", "routes.default.external_auth.headers_to_send[0]: 'a b' is not a header's name")]
    [InlineData("external_auth: { url: 'http://a/', headers_from_answer: [ok, ''] }", "routes.default.external_auth.headers_from_answer[1]: '' is not a header's name")]
    public void Read_OfAWrongRoute_NamesTheFault(string field, string fault) => Assert.Contains(
        fault, Assert.Single(_folder.FaultsOf(TestFolder.Good.Replace("path: /\n", $"path: /\n    {field}\n", StringComparison.Ordinal))), StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private static string With(string old, string changed)
    {
        Assert.Contains(old, Good, StringComparison.Ordinal);
        return $"jwt: {{ corp: {(old.Length == 0 ? Good : Good.Replace(old, changed, StringComparison.Ordinal))} }}\n" + TestFolder.Good;
    }
}
