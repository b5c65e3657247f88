using System.Net;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Routes;

/// <summary>Routes that answer for themselves, beside one for models, over a real connection.</summary>
public sealed class FixedAnswerTests
{
    private const string Yaml = $$$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: off}
        tenants: {acme: {} }
        keys: {test: {tenant: acme, secret: {{{GatewayUnderTest.Key}}} } }
        providers: {fake: {kind: fake}}
        models: {a: {targets: [{provider: fake}]} }
        routes:
          models: {path: /, cors: {origins: ["https://app.example.com"]}}
          old: {path: "/old/{rest...}", redirect: {to: "/new/{rest}{query}", status: 301}, response_headers: {set: {x-from: old} } }
          raw: {path: /raw/, redirect: {to: "{path}"}}
          hello: {path: /hello, match: {methods: [GET, PUT]}, respond: {status: 201, body: "Hello, wörld!", content_type: text/x-hello}, response_headers: {remove: [content-type]}}
          gone: {path: /gone, respond: {status: 204}}
          text:
            path: /text
            respond: {body: "{{{Long}}}"}
            compression: {}
            cors: {origins: ["https://*.example.com", "http://localhost:3000"], credentials: true, headers: [x-a, x-b], expose_headers: [x-c], methods: [GET, PUT]}
          any: {path: /any, respond: {body: x}, response_headers: {set: {vary: Accept} }, cors: {origins: ["*"], max_age: 1h} }
        """;

    private const string Long =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

    [Theory(Timeout = 30_000)]
    [InlineData("GET /old/a%2Fb?x=1", "301 location=/new/a%2Fb?x=1 x-from=old length=0")]
    [InlineData("HEAD /old/a", "301 location=/new/a x-from=old length=0")]
    [InlineData("GET /raw//evil", "308 location=/raw//evil length=0")]
    [InlineData("GET /hello", "201 length=14 body=Hello, wörld!")]
    [InlineData("HEAD /hello", "201 length=14")]
    [InlineData("GET /gone", "204")]
    [InlineData("POST /hello", "405 allow=GET, HEAD, PUT code=method_not_allowed")]
    [InlineData("POST /v1/models", "405 allow=GET code=method_not_allowed")]
    [InlineData("GET /nowhere", "404 code=route_not_found")]
    [InlineData("GET /hello%00", "400 ")]
    [InlineData("GET /hello/..%2fx", "400 code=bad_path")]
    public async Task Request_ToAGateway_IsAnsweredByItsRoute(string request, string expected)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml);
        using var client = ClientWithoutRedirects(gateway);
        using var answer = await client.SendAsync(Of(request, gateway.Url), TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var said = $"{(int)answer.StatusCode}";
        foreach (var name in new[] { "location", "x-from" }) said += answer.Headers.TryGetValues(name, out var values) ? $" {name}={values.Single()}" : "";
        if (answer.Content.Headers.Allow.Count > 0) said += $" allow={string.Join(", ", answer.Content.Headers.Allow)}";
        if ((int)answer.StatusCode < 400 && answer.Content.Headers.ContentLength is { } length && answer.StatusCode != HttpStatusCode.NoContent) said += $" length={length}";
        if ((int)answer.StatusCode >= 400) said += body.Contains("\"code\":\"", StringComparison.Ordinal) ? $" code={body.Split("\"code\":\"")[1].Split('"')[0]}" : " ";
        else if (body.Length > 0) said += $" body={body}";
        Assert.Equal(expected, said);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("OPTIONS /text|Origin: https://a.example.com|Access-Control-Request-Method: PUT|Access-Control-Request-Headers: X-A,x-b",
        "204 allow-credentials=true allow-headers=X-A,x-b allow-methods=GET, PUT allow-origin=https://a.example.com max-age=600 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("OPTIONS /text|Origin: https://a.example.com|Access-Control-Request-Method: PATCH", "204 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("OPTIONS /text|Origin: https://a.example.com|Access-Control-Request-Method: GET|Access-Control-Request-Headers: x-a, x-z", "204 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("OPTIONS /text|Origin: https://example.com.evil|Access-Control-Request-Method: GET", "204 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("OPTIONS /v1/chat/completions|Origin: https://app.example.com|Access-Control-Request-Method: POST|Access-Control-Request-Headers: authorization",
        "204 allow-headers=authorization allow-methods=GET, HEAD, POST, PUT, PATCH, DELETE allow-origin=https://app.example.com max-age=600 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("OPTIONS /any|Origin: https://x|Access-Control-Request-Method: GET", "204 allow-methods=GET, HEAD, POST, PUT, PATCH, DELETE allow-origin=* max-age=3600 vary=Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    [InlineData("GET /text|Origin: http://localhost:3000", "200 allow-credentials=true allow-origin=http://localhost:3000 expose-headers=x-c vary=Accept-Encoding, Origin")]
    [InlineData("GET /text|Origin: http://localhost", "200 vary=Accept-Encoding, Origin")]
    [InlineData("GET /text|Origin: null", "200 vary=Accept-Encoding, Origin")]
    [InlineData("GET /text", "200 vary=Accept-Encoding, Origin")]
    [InlineData("GET /any|Origin: https://x", "200 allow-origin=* vary=Accept")]
    [InlineData("GET /text|Origin: https://a.example.com|Authorization: Bearer no", "401 allow-credentials=true allow-origin=https://a.example.com expose-headers=x-c vary=Origin")]
    [InlineData("GET /v1/models|Origin: https://app.example.com|Authorization: Bearer no", "401 allow-origin=https://app.example.com vary=Origin")]
    public async Task Request_FromAPageOfAnotherOrigin_IsToldWhetherItMay(string request, string expected)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml);
        using var client = ClientWithoutRedirects(gateway);
        if (request.StartsWith("OPTIONS", StringComparison.Ordinal)) client.DefaultRequestHeaders.Authorization = null;
        using var answer = await client.SendAsync(Of(request, gateway.Url), TestContext.Current.CancellationToken);
        const string Prefix = "Access-Control-";
        var said = answer.Headers.Where(h => h.Key.StartsWith(Prefix, StringComparison.Ordinal) || h.Key == "Vary")
            .Select(h => $" {h.Key.Replace(Prefix, "", StringComparison.Ordinal).ToLowerInvariant()}={string.Join(", ", h.Value)}").Order(StringComparer.Ordinal);
        Assert.Equal(expected, $"{(int)answer.StatusCode}{string.Concat(said)}");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("br")] [InlineData("gzip")]
    public async Task Answer_OfARouteThatCompresses_ComesCompressedOverTheWire(string coding)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Yaml);
        using var request = Of($"GET /text|Accept-Encoding: {coding}", gateway.Url);
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(coding, Assert.Single(answer.Content.Headers.ContentEncoding));
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.InRange(body.Length, 1, 200);
        using Stream plain = coding == "br"
            ? new System.IO.Compression.BrotliStream(new MemoryStream(body), System.IO.Compression.CompressionMode.Decompress)
            : new System.IO.Compression.GZipStream(new MemoryStream(body), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        Assert.Equal(Long, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static HttpClient ClientWithoutRedirects(GatewayUnderTest gateway)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = gateway.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", GatewayUnderTest.Key);
        return client;
    }

    /// <summary>A request written <c>METHOD /path|Header: value</c>.</summary>
    private static HttpRequestMessage Of(string written, Uri root)
    {
        var parts = written.Split('|');
        var words = parts[0].Split(' ');
        // As written, dot segments and all.
        var uri = new Uri(root.GetLeftPart(UriPartial.Authority) + words[1], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(words[0]), uri);
        foreach (var header in parts.Skip(1)) request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]);
        return request;
    }
}
