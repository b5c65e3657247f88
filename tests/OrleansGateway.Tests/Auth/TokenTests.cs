using System.Security.Cryptography;
using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Auth;

public sealed class TokenTests : IAsyncLifetime
{
    private TokenBed _bed = null!;

    public async ValueTask InitializeAsync() => _bed = await TokenBed.StartAsync();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task Token_OfTheIssuer_IsAcceptedWithEitherKindOfKey()
    {
        var caller = await _bed.AcceptsAsync(_bed.Token());
        Assert.Equal(("jwt:corp", "acme", "ada"), (caller.KeyId, caller.Tenant, caller.User));
        await _bed.AcceptsAsync(_bed.Token(key: SigningKey.Curve));
        Assert.Equal(1, _bed.Fetches);
    }

    [Theory]
    [InlineData("""{"iss":"https://other.example"}""")]
    [InlineData("""{"iss":"https://login.example/"}""")]
    [InlineData("""{"iss":null}""")]
    [InlineData("""{"iss":["https://login.example"]}""")]
    [InlineData("""{"aud":"other"}""")]
    [InlineData("""{"aud":["other","Gateway"]}""")]
    [InlineData("""{"aud":[]}""")]
    [InlineData("""{"aud":null}""")]
    [InlineData("""{"exp":null}""")]
    [InlineData("""{"exp":"9999999999"}""")]
    [InlineData("""{"nbf":"soon"}""")]
    public async Task Token_WithAWrongClaim_IsInvalid(string more) => await IsInvalidAsync(_bed.Token(more));

    [Theory]
    [InlineData("""{"aud":["other","gateway"]}""")]
    [InlineData("""{"exp":99999999999999}""")]
    [InlineData("""{"nbf":0}""")]
    public async Task Token_WithAnUnusualClaim_IsAccepted(string more) => await _bed.AcceptsAsync(_bed.Token(more));

    [Fact]
    public async Task Token_WithAClaimTwice_IsInvalid() =>
        await IsInvalidAsync(SigningKey.First.Sign(_bed.Claims().Replace("{", """{"iss":"https://other.example",""", StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None","kid":"first"}""")]
    [InlineData("""{"alg":"none","kid":"first"}""")]
    public async Task Token_ThatIsNotSigned_IsInvalid(string header)
    {
        await IsInvalidAsync(SigningKey.Assemble(header, _bed.Claims(), _ => []));
        await IsInvalidAsync(SigningKey.First.Sign(_bed.Claims(), header));
    }

    /// <summary>The confusion of RFC 8725 §2.1: the public key, which all know, taken for a shared secret.</summary>
    [Fact]
    public async Task Token_SignedWithThePublicKeyAsASecret_IsInvalid()
    {
        foreach (var secret in (string[])[SigningKey.First.Jwk, _bed.Set])
        {
            await IsInvalidAsync(SigningKey.Assemble(
                """{"alg":"HS256","kid":"first"}""", _bed.Claims(), data => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), data)));
        }
    }

    [Fact]
    public async Task Token_ThatBringsItsOwnKey_IsInvalid() =>
        await IsInvalidAsync(SigningKey.Second.Sign(_bed.Claims(), $$"""{"alg":"RS256","jwk":{{SigningKey.Second.Jwk}},"jku":"{{_bed.Endpoint.Url}}"}"""));

    [Fact]
    public async Task Token_RightlySignedByAnAlgorithmThatIsNotStated_IsInvalid()
    {
        var key = SigningKey.Rsa("first", 2048, "RS512");
        _bed.Set = SigningKey.SetOf(key);
        await IsInvalidAsync(_bed.Token(key: key));
        _bed.Configure(s => s with { Algorithms = ["RS512"] });
        await _bed.AcceptsAsync(_bed.Token(key: key));
    }

    [Theory]
    [InlineData("""{"alg":"ES256","kid":"first"}""")] // not of that key
    [InlineData("""{"alg":"RS256","kid":"first","crit":["exp"]}""")]
    [InlineData("""{"alg":"RS256","alg":"RS256","kid":"first"}""")]
    [InlineData("""["RS256"]""")]
    [InlineData("not json")]
    public async Task Token_WithAWrongHeader_IsInvalid(string header) => await IsInvalidAsync(SigningKey.First.Sign(_bed.Claims(), header));

    [Fact]
    public async Task Token_WhoseTextWasChanged_IsInvalid()
    {
        var parts = _bed.Token().Split('.');
        var claims = SigningKey.Base64(Encoding.UTF8.GetBytes(_bed.Claims("""{"sub":"eve"}""")));
        await IsInvalidAsync($"{parts[0]}.{claims}.{parts[2]}");
        await IsInvalidAsync($"{parts[0]}.{parts[1]}.{parts[2][..^4]}AAAA");
        await IsInvalidAsync($"{parts[0]}.{parts[1]}.");
        await IsInvalidAsync(SigningKey.Second.Sign(_bed.Claims(), """{"alg":"RS256","kid":"first"}"""));
        await _bed.AcceptsAsync(string.Join('.', parts));
    }

    [Fact]
    public async Task Token_WithoutAKeyId_IsAcceptedIfOneKeyAloneCanBeMeant()
    {
        await _bed.AcceptsAsync(SigningKey.First.Sign(_bed.Claims(), """{"alg":"RS256"}"""));
        _bed.Set = SigningKey.SetOf(SigningKey.First, SigningKey.Second);
        _bed.Time.Advance(TimeSpan.FromMinutes(10));
        await _bed.Source.Flight;
        await IsInvalidAsync(SigningKey.First.Sign(_bed.Claims(), """{"alg":"RS256"}"""));
    }

    [Fact]
    public async Task Token_AtTheEndOfItsLifeAndSkew_IsRefusedAsExpired()
    {
        var (token, again) = (_bed.Token(), _bed.Token("""{"sub":"bob"}"""));
        await _bed.AcceptsAsync(token);
        _bed.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        await _bed.Source.Flight;
        await _bed.AcceptsAsync(token);
        await _bed.AcceptsAsync(again);
        _bed.Time.Advance(TimeSpan.FromTicks(1));
        foreach (var old in (string[])[token, again])
        {
            var refused = await _bed.RefusesAsync(old, 401, "token_expired");
            Assert.StartsWith("Bearer error=\"invalid_token\"", refused.Http.Response.Headers.WWWAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Token_BeforeItsBeginAndSkew_IsInvalid()
    {
        var token = _bed.Token($$"""{"nbf":{{_bed.Time.GetUtcNow().ToUnixTimeSeconds() + 100}}}""");
        _bed.Time.Advance(TimeSpan.FromSeconds(70) - TimeSpan.FromTicks(1));
        await IsInvalidAsync(token);
        _bed.Time.Advance(TimeSpan.FromTicks(1));
        await _bed.AcceptsAsync(token);
    }

    [Fact]
    public async Task Token_WhenNoIssuerIsConfigured_IsAnUnknownKey()
    {
        _bed.Configure(more: s => s with { Jwt = new Dictionary<string, JwtSettings>() });
        await _bed.RefusesAsync(_bed.Token(), 401, "invalid_api_key");
    }

    [Theory]
    [InlineData("ogw_aaaa.bbbb")]
    [InlineData("a.b.c.d.e")]
    [InlineData("a..b.c")]
    [InlineData("a.b=.c")]
    public async Task Credential_ThatIsNoToken_IsAnUnknownKey(string text)
    {
        await _bed.RefusesAsync(text, 401, "invalid_api_key");
        Assert.Equal(0, _bed.Fetches);
    }

    [Fact]
    public async Task Key_ThatLooksLikeAToken_IsAcceptedAsAKey()
    {
        _bed.Configure(more: s => s with { Keys = new Dictionary<string, KeySettings> { ["odd"] = new() { Tenant = "acme", Secret = new Secret("aaaaaaaa.bbbbbbbb.cccccccc") } } });
        Assert.Equal("odd", (await _bed.AcceptsAsync("aaaaaaaa.bbbbbbbb.cccccccc")).KeyId);
    }

    [Theory]
    [InlineData(CredentialKind.Key, "invalid_api_key", null)]
    [InlineData(CredentialKind.Jwt, null, "credential_not_accepted")]
    public async Task Route_ThatStatesOneKind_RefusesTheOther(CredentialKind kind, string? ofToken, string? ofKey)
    {
        _bed.Configure(more: s => s with { Routes = new Dictionary<string, RouteSettings> { ["chat"] = new() { Auth = [kind] } } });
        Assert.Equal(ofToken, (await _bed.PresentAsync(_bed.Token())).Refusal?.Code);
        Assert.Equal(ofKey, (await _bed.PresentAsync(TestDirectory.ConfiguredKey)).Refusal?.Code);
    }

    [Fact]
    public async Task Token_SeenBefore_CostsNoMemory()
    {
        var exchange = _bed.Request(_bed.Token($$"""{"groups":"{{new string('g', 2000)}}"}"""));
        Next next = static _ => ValueTask.CompletedTask;
        await _bed.InvokeAsync(exchange, next);
        Assert.Equal(0, Allocated.Least(Run));
        Assert.NotNull(exchange.Caller);

        void Run() => Assert.True(_bed.InvokeAsync(exchange, next).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Token_SeenBefore_IsVerifiedAgainAfterAReload()
    {
        var token = _bed.Token();
        await _bed.AcceptsAsync(token);
        _bed.Configure(s => s with { Audiences = ["other"] });
        await IsInvalidAsync(token);
        _bed.Configure();
        await _bed.AcceptsAsync(token);
        Assert.Equal(1, _bed.Fetches);
    }

    private async Task IsInvalidAsync(string token)
    {
        var refused = await _bed.RefusesAsync(token, 401, "invalid_token");
        Assert.Matches("^Bearer error=\"invalid_token\", error_description=\"[^\"\\\\]+\"$", refused.Http.Response.Headers.WWWAuthenticate.ToString());
    }
}
