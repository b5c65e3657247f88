using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Operations;

/// <summary>Requests that mean harm, or make no sense, get a clear refusal or a closed connection; never a 500, never silence.</summary>
public sealed class HostileClientTests : IAsyncLifetime
{
    private const string OpenAI = "/v1/chat/completions", Anthropic = "/v1/messages";
    private readonly LogCapture _logs = new();
    private GatewayUnderTest _gateway = null!;

    public static TheoryData<string, string> EveryBody => Pairs(Bodies.Keys);

    public static TheoryData<string, string> EveryFraming => Pairs(Framings.Keys);

    public static TheoryData<string> EveryNonsense => [.. Nonsense.Keys];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Bodies, and the code they are refused with.</summary>
    private static Dictionary<string, (byte[] Body, string Code)> Bodies { get; } = new()
    {
        ["empty"] = ([], "invalid_json"),
        ["cut off"] = (Utf8("""{"model":"quick","messages":["""), "invalid_json"),
        ["followed by more"] = (Utf8(HostileRequest.Body + "x"), "invalid_json"),
        ["a list"] = (Utf8("[]"), "invalid_json"),
        ["10,000 lists deep"] = (Utf8("""{"model":"quick","messages":""" + new string('[', 10_000) + new string(']', 10_000) + "}"), "invalid_json"),
        ["10,000 objects deep"] = (Utf8(string.Concat(Enumerable.Repeat("""{"a":""", 10_000))), "invalid_json"),
        ["two models"] = (Utf8("""{"model":"quick","model":"slow","messages":[]}"""), "duplicate_field"),
        ["two models, one escaped"] = (Utf8("""{"model":"quick","\u006dodel":"slow","messages":[]}"""), "duplicate_field"),
        ["a model that is a number"] = (Utf8("""{"model":1}"""), "invalid_field"),
        ["no model"] = (Utf8("{}"), "invalid_field"),
        ["a NUL in the model"] = (Utf8("{\"model\":\"qu\0ick\"}"), "invalid_json"),
        ["NULs only"] = (new byte[1000], "invalid_json"),
        ["an escaped NUL in the model"] = (Utf8("""{"model":"quick\u0000"}"""), "model_not_found"),
        ["half a surrogate in the model"] = (Utf8("""{"model":"quick\ud800"}"""), "invalid_json"),
        ["half a surrogate in a name"] = (Utf8("""{"mod\ud800":"quick"}"""), "invalid_json"),
        ["a model in Latin-1"] = ([.. Utf8("{\"model\":\"qu"), 0xEF, 0xFF, .. Utf8("ck\"}")], "invalid_json"),
        ["a name in Latin-1"] = ([.. Utf8("{\"mod"), 0xFF, .. Utf8("l\":\"quick\"}")], "invalid_json"),
        ["a model of 1 MB"] = (Utf8($$"""{"model":"{{new string('m', 1 << 20)}}"}"""), "model_not_found"),
        ["markup"] = (Utf8("<?xml version=\"1.0\"?><a/>"), "invalid_json"),
        ["a byte order mark before UTF-16"] = (Encoding.Unicode.GetPreamble(), "invalid_json"),
    };

    /// <summary>Framings that lie, and the status and code they are refused with; no code where HTTP itself is broken, so that no path is known.</summary>
    private static Dictionary<string, (Func<string, Func<NetworkStream, Task>> Send, int Status, string? Code)> Framings { get; } = new()
    {
        ["40 MB, stated"] = (HostileRequest.Large, 413, "request_too_large"),
        ["40 MB, in chunks"] = (HostileRequest.LargeInChunks, 413, "request_too_large"),
        ["a petabyte, stated"] = (path => HostileRequest.Framed(path, "Content-Length: 1000000000000000\r\n", "{"), 413, "request_too_large"),
        ["more than was stated"] = (path => HostileRequest.Framed(path, "Content-Length: 10\r\n", HostileRequest.Body), 400, "invalid_json"),
        ["a length below zero"] = (path => HostileRequest.Framed(path, "Content-Length: -1\r\n", HostileRequest.Body), 400, null),
        ["a length that is no number"] = (path => HostileRequest.Framed(path, "Content-Length: many\r\n", HostileRequest.Body), 400, null),
        ["two lengths"] = (path => HostileRequest.Framed(path, "Content-Length: 10\r\nContent-Length: 20\r\n", HostileRequest.Body), 400, null),
        ["chunks that are none"] = (path => HostileRequest.Framed(path, "Transfer-Encoding: chunked\r\n", "zz\r\n" + HostileRequest.Body), 400, "bad_request"),
        ["a chunk too long for any number"] = (path => HostileRequest.Framed(path, "Transfer-Encoding: chunked\r\n", new string('f', 40) + "\r\n"), 400, "bad_request"),
        ["a chunk without its end"] = (path => HostileRequest.Framed(path, "Transfer-Encoding: chunked\r\n", "2\r\n{}{}{}"), 400, "bad_request"),
        ["an encoding nobody knows"] = (path => HostileRequest.Framed(path, "Transfer-Encoding: magic\r\n", HostileRequest.Body), 400, null),
        ["compressed"] = (path => HostileRequest.WithBody(path, [0x1F, 0x8B, 8, 0], "Content-Encoding: gzip\r\n"), 415, "unsupported_encoding"),
        ["200 headers"] = (path => HostileRequest.WithBody(path, HostileRequest.Body, string.Concat(Enumerable.Range(0, 200).Select(n => $"x-{n}: 1\r\n"))), 431, null),
        ["a header of 1 MB"] = (path => HostileRequest.WithBody(path, HostileRequest.Body, $"x-long: {new string('x', 1 << 20)}\r\n"), 431, null),
        ["a NUL in a header"] = (path => HostileRequest.WithBody(path, HostileRequest.Body, "x-nul: a\0b\r\n"), 400, null),
        ["a NUL in the path"] = (path => HostileRequest.WithBody(path + "\0", HostileRequest.Body), 400, null),
        ["a path of 1 MB"] = (path => HostileRequest.WithBody(path + new string('x', 1 << 20), HostileRequest.Body), 414, null),
        ["two keys"] = (path => HostileRequest.WithBody(path, HostileRequest.Body, "x-api-key: another-key-0123456789\r\n"), 400, "ambiguous_credentials"),
    };

    /// <summary>What is no HTTP at all, or stops before it is.</summary>
    private static Dictionary<string, Func<NetworkStream, Task>> Nonsense { get; } = new()
    {
        ["NULs"] = HostileRequest.Bytes(new byte[1000]),
        ["a TLS greeting"] = HostileRequest.Bytes([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3]),
        ["the preface of HTTP/2 and then no frames"] = HostileRequest.Bytes(Utf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot at all a frame of settings")),
        ["no host"] = HostileRequest.Bytes(Utf8("GET /v1/models HTTP/1.1\r\n\r\n")),
        ["a body cut off by the client"] = HostileRequest.FramedAndClosed(OpenAI, "Content-Length: 1000\r\n", HostileRequest.Body),
        ["chunks cut off by the client"] = HostileRequest.FramedAndClosed(Anthropic, "Transfer-Encoding: chunked\r\n", "5\r\n{\"mod"),
    };

    public async ValueTask InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync(
        """
        providers: {fake: {kind: fake}}
        models: {quick: {targets: [{provider: fake}]}}
        """,
        logs: _logs);

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(EveryBody))]
    public async Task Body_ThatMeansHarm_IsRefusedInTheCallersDialect(string body, string path)
    {
        var answer = await RawConnection.CallAsync(_gateway.Url, HostileRequest.WithBody(path, Bodies[body].Body), Cancel);
        AssertRefused(answer, path, Bodies[body].Code == "model_not_found" ? 404 : 400, Bodies[body].Code);
        await AssertGoesOnAsync();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(EveryFraming))]
    public async Task Framing_ThatLies_IsRefused(string framing, string path)
    {
        var (send, status, code) = Framings[framing];
        AssertRefused(await RawConnection.CallAsync(_gateway.Url, send(path), Cancel), path, status, code);
        await AssertGoesOnAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Body_ThatNeverComes_IsGivenUp()
    {
        // Both at once: Kestrel allows a body 5 s before it asks for 240 bytes a second.
        await Task.WhenAll(((string[])[OpenAI, Anthropic]).Select(async path =>
        {
            var slow = HostileRequest.Framed(path, "Content-Length: 1000\r\n", HostileRequest.Body);
            AssertRefused(await RawConnection.CallAsync(_gateway.Url, slow, Cancel), path, 408, "bad_request");
        }));
        await AssertGoesOnAsync();
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(EveryNonsense))]
    public async Task Nonsense_OnTheSocket_ClosesTheConnection(string nonsense)
    {
        if (await RawConnection.CallAsync(_gateway.Url, Nonsense[nonsense], Cancel) is { } answer) Assert.InRange(answer.Status, 400, 499);
        await AssertGoesOnAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(OpenAI)]
    [InlineData(Anthropic)]
    public async Task Text_ThatIsNoUnicode_IsNoReasonToFail(string path)
    {
        foreach (var content in (byte[][])[[0xFF, 0xFE], Utf8("\\ud800"), Utf8("\\u0000")])
        {
            byte[] body = [.. Utf8("""{"model":"quick","max_tokens":9,"messages":[{"role":"user","content":"a"""), .. content, .. Utf8("\"}]}")];
            var answer = await RawConnection.CallAsync(_gateway.Url, HostileRequest.WithBody(path, body), Cancel);
            Assert.True(answer!.Status is 200 or 400, $"{answer.Head}\n{answer.Body}");
        }

        await AssertGoesOnAsync();
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private static void AssertRefused(RawAnswer? answer, string path, int status, string? code)
    {
        Assert.NotNull(answer);
        Assert.True(answer.Status == status, $"{answer.Head}\n{answer.Body}");
        if (code is null)
        {
            Assert.Equal("", answer.Body);
            return;
        }

        var body = JsonElement.Parse(answer.Body);
        var error = body.GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        if (path == OpenAI)
        {
            Assert.Equal(code, error.GetProperty("code").GetString());
            return;
        }

        Assert.Equal("error", body.GetProperty("type").GetString());
        Assert.Equal(status switch { 404 => "not_found_error", 413 => "request_too_large", _ => "invalid_request_error" }, error.GetProperty("type").GetString());
    }

    private static TheoryData<string, string> Pairs(IEnumerable<string> names) =>
        [.. names.SelectMany(name => new[] { new TheoryDataRow<string, string>(name, OpenAI), new(name, Anthropic) })];

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The next request is served, and nothing was a failure of ours.</summary>
    private async Task AssertGoesOnAsync()
    {
        Assert.Equal(HttpStatusCode.OK, await _gateway.Client.StatusAsync(_gateway.Url, GatewayUnderTest.Key, Cancel));
        Assert.DoesNotContain("failed inside the gateway", _logs.Text, StringComparison.Ordinal);
    }
}
