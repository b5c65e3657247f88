using System.Net;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>What the provider is sent and what the client gets where both speak the same dialect.</summary>
public sealed class PassThroughTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_WithFieldsNobodyKnows_SendsThemByteForByte()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        const string body = """ { "x" : [1.50, {"y":"\u00e9"}] , "model" : "o", "messages":[], "model_":"o" } """;
        using var answer = await bed.PostAsync("/v1/chat/completions", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, Encoding.UTF8.GetString(bed.OpenAI.Requests.Single().Body));
        Assert.Equal(Said.OpenAIWhole, await ChatBed.TextAsync(answer));
    }

    [Fact]
    public async Task Chat_OfAModelWithAnotherNameAtTheProvider_ReplacesOnlyTheName()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        using var answer = await bed.PostAsync("/v1/chat/completions", """{"a":"o-renamed", "model" : "o-renamed" ,"b":{"model":"o-renamed"}}""");
        Assert.Equal("""{"a":"o-renamed", "model" : "other\u0022name\u0022" ,"b":{"model":"o-renamed"}}""", Encoding.UTF8.GetString(bed.OpenAI.Requests.Single().Body));
    }

    [Theory]
    [InlineData("o", "", true)]
    [InlineData("o", ""","stream_options":null""", true)]
    [InlineData("o", ""","stream_options":{"include_usage":false,"include_obfuscation":false}""", true)]
    [InlineData("o", ""","stream_options":{"include_usage":true}""", false)]
    [InlineData("o-as-sent", "", false)]
    public async Task Chat_Streamed_AsksForUsageAndTakesItOutAgainIfTheClientDidNotAsk(string model, string options, bool takenOut)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream));
        using var answer = await bed.ChatAsync(model, ""","stream":true""" + options);
        var text = await ChatBed.TextAsync(answer);
        Assert.Equal(string.Concat(Said.OpenAIStream.Where(e => !takenOut || e != Said.OpenAIUsage)), text);
        var sent = JsonElement.Parse(bed.OpenAI.Requests.Single().Body);
        var asked = sent.TryGetProperty("stream_options", out var sentOptions) && sentOptions.GetProperty("include_usage").GetBoolean();
        Assert.Equal(model == "o", asked);
        Assert.Equal(options.Contains("obfuscation", StringComparison.Ordinal), asked && sentOptions.TryGetProperty("include_obfuscation", out _));
    }

    [Fact]
    public async Task Chat_WithHeadersOfTheClient_SendsOnlyThoseThatMeanSomethingThere()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json(Said.AnthropicWhole));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages?beta=true&key=secret");
        request.Headers.Add("anthropic-version", "2099-01-01");
        request.Headers.Add("anthropic-beta", "b1");
        request.Headers.Add("cookie", "session=1");
        request.Headers.Add("x-forwarded-for", "10.0.0.1");
        request.Headers.Add("x-custom", "1");
        request.Content = new StringContent("""{"model":"a","max_tokens":1,"messages":[]}""");
        using var answer = await bed.Gateway.Client.SendAsync(request, Cancellation);
        var sent = bed.Anthropic.Requests.Single();
        Assert.Equal("/v1/messages?beta=true", sent.Path);
        Assert.Equal(("provider-key-a", "2099-01-01", "b1", "added"), (sent.Headers["x-api-key"], sent.Headers["anthropic-version"], sent.Headers["anthropic-beta"], sent.Headers["x-extra"]));
        Assert.DoesNotContain(GatewayUnderTest.Key, string.Concat(sent.Headers.Values));
        Assert.Empty(sent.Headers.Keys.Intersect(["authorization", "cookie", "x-forwarded-for", "x-custom"], StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Chat_WithHeadersOfTheProvider_DoesNotShowItsAccount()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole).With("openai-organization", "acme").With("set-cookie", "a=b").With("x-ratelimit-remaining-requests", "1").With("x-request-id", "theirs"));
        using var answer = await bed.ChatAsync("o");
        Assert.Empty(answer.Headers.Select(h => h.Key).Intersect(["openai-organization", "Set-Cookie", "x-ratelimit-remaining-requests"], StringComparer.OrdinalIgnoreCase));
        Assert.StartsWith("req_", answer.Headers.GetValues("x-request-id").Single());
        Assert.Matches("^[0-9]+-[0-9a-f]{8}$", answer.Headers.GetValues("x-gateway-config-version").Single());
    }

    [Fact]
    public async Task Chat_SplitAtEveryByte_StreamsTheSame()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(Splits.EveryByte(Encoding.UTF8.GetBytes(string.Concat(Said.OpenAIStream)))));
        using var answer = await bed.ChatAsync("o", ""","stream":true,"stream_options":{"include_usage":true}""");
        Assert.Equal(string.Concat(Said.OpenAIStream), await ChatBed.TextAsync(answer));
    }

    [Fact]
    public async Task Chat_Streamed_PassesEachEventOnBeforeTheNextCame()
    {
        await using var bed = await ChatBed.StartAsync();
        var gate = new TaskCompletionSource();
        bed.OpenAI.Enqueue(Answer.Stream(Said.OpenAIStream).WaitBefore(2, gate.Task));
        using var answer = await bed.ChatAsync("o", ""","stream":true""");
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        var first = new byte[Encoding.UTF8.GetByteCount(Said.OpenAIStream[0] + Said.OpenAIStream[1])];
        await body.ReadExactlyAsync(first, Cancellation);
        Assert.Equal(Said.OpenAIStream[0] + Said.OpenAIStream[1], Encoding.UTF8.GetString(first));
        gate.SetResult();
        using var rest = new StreamReader(body);
        Assert.EndsWith("data: [DONE]\n\n", await rest.ReadToEndAsync(Cancellation));
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"nope"}""", 404, "not_found_error")]
    [InlineData("/v1/chat/completions", """{"model":"nope"}""", 404, "model_not_found")]
    [InlineData("/v1/chat/completions", """{"model":"o","model":"a"}""", 400, "duplicate_field")]
    [InlineData("/v1/chat/completions", "{", 400, "invalid_json")]
    [InlineData("/v1/messages", "[1]", 400, "invalid_request_error")]
    [InlineData("/v1/embeddings", """{"model":"a","input":"x"}""", 400, "unsupported_endpoint")]
    [InlineData("/v1/nothing", "{}", 404, "route_not_found")]
    public async Task Post_OfWhatCannotBeServed_IsRefusedInTheDialectOfThePath(string path, string body, int status, string error)
    {
        await using var bed = await ChatBed.StartAsync();
        using var answer = await bed.PostAsync(path, body);
        Assert.Equal((status, error), ((int)answer.StatusCode, (await ChatBed.ErrorAsync(answer)).Error));
    }

    [Theory]
    [InlineData("o", "{\"model\":\"o\",\"x\":\"\u00ff\"}")]
    [InlineData("a", "{\"model\":\"a\",\"\\ud800\":1}")]
    public async Task Post_OfTextThatIsNoUnicode_IsRefused(string model, string body)
    {
        await using var bed = await ChatBed.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)) };
        using var answer = await bed.Gateway.Client.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_json"), await ChatBed.ErrorAsync(answer));
        Assert.Empty(model == "o" ? bed.OpenAI.Requests : bed.Anthropic.Requests);
    }

    [Fact]
    public async Task Chat_WhoseTextHasHalfASurrogatePair_IsTranslatedWithAReplacement()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json(Said.AnthropicWhole));
        using var answer = await bed.PostAsync("/v1/chat/completions", """{"model":"a","messages":[{"role":"user","content":"a\ud83db\n"}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("a\uFFFDb\n", JsonElement.Parse(bed.Anthropic.Requests.Single().Body).GetProperty("messages")[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Get_OfAPathThatIsPostedTo_Is405AndNamesTheMethod()
    {
        await using var bed = await ChatBed.StartAsync();
        using var answer = await bed.Gateway.Client.GetAsync(new Uri("/v1/chat/completions", UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (answer.StatusCode, answer.Content.Headers.Allow.Single()));
    }
}
