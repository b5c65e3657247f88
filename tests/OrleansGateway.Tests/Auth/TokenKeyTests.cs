using OrleansGateway.Auth.Jwt;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Auth;

/// <summary>Keys that change, are unknown, or cannot be had.</summary>
public sealed class TokenKeyTests : IAsyncLifetime
{
    private TokenBed _bed = null!;

    public async ValueTask InitializeAsync() => _bed = await TokenBed.StartAsync();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task NewKey_WhenATokenNamesIt_IsAcceptedAfterOneFetch()
    {
        await _bed.AcceptsAsync(_bed.Token());
        _bed.Set = SigningKey.SetOf(SigningKey.First, SigningKey.Second);
        _bed.Time.Advance(FetchedKeys.Pause);
        await _bed.AcceptsAsync(_bed.Token(key: SigningKey.Second));
        await _bed.AcceptsAsync(_bed.Token());
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task RemovedKey_AfterTheRefresh_IsRefusedEvenForTokensSeenBefore()
    {
        var token = _bed.Token();
        await _bed.AcceptsAsync(token);
        _bed.Set = SigningKey.SetOf(SigningKey.Second);
        _bed.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        await _bed.AcceptsAsync(token);
        _bed.Time.Advance(TimeSpan.FromTicks(1));
        await _bed.Source.Flight;
        await _bed.RefusesAsync(token, 401, "invalid_token");
        await _bed.AcceptsAsync(_bed.Token(key: SigningKey.Second));
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task UnknownKey_NamedByManyAtOnce_IsAskedForOnce()
    {
        await _bed.AcceptsAsync(_bed.Token());
        _bed.Time.Advance(FetchedKeys.Pause);
        var gate = new TaskCompletionSource();
        _bed.Endpoint.Enqueue(Answer.Json(_bed.Set).WaitBefore(0, gate.Task));
        var tokens = Enumerable.Range(0, 200).Select(i => SigningKey.Second.Sign(_bed.Claims(), $$"""{"alg":"RS256","kid":"made-up-{{i}}"}""")).ToArray();
        var requests = tokens.Select(_bed.PresentAsync).ToArray();
        Assert.DoesNotContain(requests, r => r.IsCompleted);
        gate.SetResult();
        Assert.All(await Task.WhenAll(requests), r => Assert.Equal("invalid_token", r.Refusal?.Code));
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task UnknownKey_WithinThePause_IsRefusedWithoutAFetch()
    {
        await _bed.AcceptsAsync(_bed.Token());
        _bed.Time.Advance(FetchedKeys.Pause - TimeSpan.FromTicks(1));
        await _bed.RefusesAsync(_bed.Token(key: SigningKey.Second), 401, "invalid_token");
        Assert.Equal(1, _bed.Fetches);
        _bed.Time.Advance(TimeSpan.FromTicks(1));
        await _bed.RefusesAsync(_bed.Token(key: SigningKey.Second), 401, "invalid_token");
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task FirstTokens_OfManyAtOnce_ShareOneFetch()
    {
        var gate = new TaskCompletionSource();
        _bed.Endpoint.Enqueue(Answer.Json(_bed.Set).WaitBefore(0, gate.Task));
        var requests = Enumerable.Range(0, 200).Select(_ => _bed.PresentAsync(_bed.Token())).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(requests), r => Assert.NotNull(r.Caller));
        Assert.Equal(1, _bed.Fetches);
    }

    [Fact]
    public async Task Outage_BeforeTheFirstFetch_AnswersThatItMayBeTriedAgainAndThenRecovers()
    {
        _bed.Endpoint.Handler = _ => Answer.Json("{}", 500);
        var refused = await _bed.RefusesAsync(_bed.Token(), 503, "token_keys_unavailable");
        Assert.Equal(FetchedKeys.Pause, refused.Refusal!.RetryAfter);
        await _bed.RefusesAsync(_bed.Token(), 503, "token_keys_unavailable");
        Assert.Equal(1, _bed.Fetches);
        _bed.Endpoint.Handler = _ => Answer.Json(_bed.Set);
        _bed.Time.Advance(FetchedKeys.Pause);
        await _bed.AcceptsAsync(_bed.Token());
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task Outage_OfALongTime_KeepsTheLastKeysUpToTheirAgeThenRecovers()
    {
        _bed.Configure(s => s with { StaleMax = TimeSpan.FromMinutes(20) });
        string Token() => _bed.Token("""{"exp":1e10}""");
        var seen = Token();
        await _bed.AcceptsAsync(seen);
        _bed.Endpoint.Handler = _ => Answer.Json("{}", 500);
        await PassAsync(TimeSpan.FromMinutes(20));
        await _bed.AcceptsAsync(Token());
        await PassAsync(TimeSpan.FromTicks(1));
        await _bed.RefusesAsync(Token(), 503, "token_keys_unavailable");
        await _bed.RefusesAsync(seen, 503, "token_keys_unavailable");
        _bed.Endpoint.Handler = _ => Answer.Json(_bed.Set);
        await PassAsync(FetchedKeys.Pause);
        await _bed.AcceptsAsync(seen);
    }

    [Fact]
    public async Task Endpoint_ThatDoesNotAnswer_IsGivenUpAfterItsTimeout()
    {
        _bed.Endpoint.Enqueue(Answer.Silence);
        var request = _bed.PresentAsync(_bed.Token());
        await _bed.Endpoint.NextRequestAsync(TestContext.Current.CancellationToken);
        _bed.Time.Advance(JwkClient.Timeout);
        Assert.Equal("token_keys_unavailable", (await request).Refusal?.Code);
        Assert.Contains("no answer within 5 s", _bed.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "it is not valid JSON")]
    [InlineData("[]", "it is no JWK set")]
    [InlineData("""{"keys":[]}""", "it holds no key")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ","kid":"first","alg":"HS256"}]}""", "it holds no key")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]}""", "it holds no key")]
    [InlineData("LARGE", "the answer is larger than 256KiB")]
    [InlineData("MANY", "it holds more than 100 keys")]
    [InlineData("WEAK", "it holds no key")]
    [InlineData("TO-ENCRYPT", "it holds no key")]
    public async Task Set_ThatCannotBeUsed_IsRefusedAndTheLastOneKept(string set, string reason)
    {
        await _bed.AcceptsAsync(_bed.Token());
        var good = _bed.Set;
        _bed.Set = set switch
        {
            "LARGE" => good + new string(' ', 256 << 10),
            "MANY" => SigningKey.SetOf(Enumerable.Repeat(SigningKey.First, 101)),
            "WEAK" => SigningKey.SetOf(SigningKey.Rsa("first", 1024)),
            "TO-ENCRYPT" => SigningKey.SetOf(SigningKey.First).Replace("\"sig\"", "\"enc\"", StringComparison.Ordinal),
            _ => set,
        };
        _bed.Time.Advance(TimeSpan.FromMinutes(10));
        await _bed.Source.Flight;
        Assert.Contains("1210 The keys of issuer corp could not be fetched: " + reason, _bed.Log.Text, StringComparison.Ordinal);
        await _bed.AcceptsAsync(_bed.Token());
        Assert.Equal(2, _bed.Fetches);
    }

    [Fact]
    public async Task Redirect_FromTheEndpoint_IsNotFollowed()
    {
        _bed.Endpoint.Handler = request => request.Path == "/keys" ? Answer.Json("{}", 302).With("location", "/elsewhere") : Answer.Json(_bed.Set);
        await _bed.RefusesAsync(_bed.Token(), 503, "token_keys_unavailable");
        Assert.Equal(1, _bed.Fetches);
    }

    [Fact]
    public async Task Keys_OfAnIssuerThatWasTakenOut_AreFetchedNoMore()
    {
        await _bed.AcceptsAsync(_bed.Token());
        var source = _bed.Source;
        _bed.Configure(s => s with { JwksUrl = new Uri(_bed.Endpoint.Url, "/moved") });
        _bed.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _bed.Fetches);
        Assert.Null(source.Usable);
    }

    [Fact]
    public async Task Keys_StatedInTheConfiguration_NeedNoFetch()
    {
        _bed.Configure(s => s with { JwksUrl = null, Jwks = new OrleansGateway.Configuration.Secret(SigningKey.SetOf(SigningKey.Second)) });
        await _bed.AcceptsAsync(_bed.Token(key: SigningKey.Second));
        await _bed.RefusesAsync(_bed.Token(), 401, "invalid_token");
        Assert.Equal(0, _bed.Fetches);
    }

    private async Task PassAsync(TimeSpan time)
    {
        // Stepwise: a fetch ends in real time, and must be over before its next one is due.
        for (var step = TimeSpan.FromSeconds(10); time > TimeSpan.Zero; time -= step)
        {
            _bed.Time.Advance(time < step ? time : step);
            await _bed.Source.Flight;
        }
    }
}
