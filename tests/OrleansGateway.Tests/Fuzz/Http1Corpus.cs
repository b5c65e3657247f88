using OrleansGateway.Tests.Operations;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Requests of HTTP/1.1 that are right, to begin with. Bytes stand in the characters of strings, one in each.</summary>
internal static class Http1Corpus
{
    private const string Credentials = "Authorization: Bearer " + OperationsFolder.Key + "\r\n";

    // By what they are for: all that the gateway does with a request is behind one of them.
    private static readonly Func<Asked, string>[] s_requests =
    [
        a => Chat(a, "/v1/chat/completions", ChatBodies.OpenAI(a)),
        a => Chat(a, "/v1/messages", ChatBodies.Anthropic(a)),
        a => Chat(a, "/v1/chat/completions", ChatBodies.OpenAI(a)),
        a => Chat(a, "/v1/messages", ChatBodies.Anthropic(a)),
        a => Chat(a, "/v1/chat/completions", ChatBodies.OpenAI(a), "Expect: 100-continue\r\n"),
        a => Bare(a, "GET", "/v1/models", Credentials),
        a => Bare(a, "HEAD", "/v1/models", Credentials),
        a => Bare(a, "GET", $"/v1/models/{a.Marker}", Credentials),
        a => Bare(a, "GET", $"/nothing/{a.Marker}?a=b"),
        a => Bare(a, "GET", $"{a.Base}get?q={a.Marker}", Credentials),
        a => Bare(a, "GET", $"{a.Base}{a.Marker}/a%20b/%E2%82%AC", "Accept-Encoding: gzip, br\r\nCookie: a=b; c=d\r\nForwarded: for=10.0.0.1;host=a\r\nX-Forwarded-For: 10.0.0.1\r\n"),
        a => Bare(a, "HEAD", $"{a.Base}head", "X-Forwarded-Proto: https\r\nTE: trailers\r\n"),
        a => Bare(a, "DELETE", $"{a.Base}gone", "Connection: keep-alive, x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"),
        a => Bare(a, "OPTIONS", $"{a.Base}preflight", "Origin: https://app.example.com\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a, x-b\r\n"),
        a => Bare(a, "OPTIONS", "*"),
        a => Bare(a, "GET", $"http://gateway{a.Base}absolute", Credentials),
        a => Bare(a, "GET", $"{a.Base}last", "Connection: close\r\n"),
        a => Bare(a, "GET", $"{a.Base}socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        a => Bare(a, "GET", $"/keyed/{a.Marker}", Credentials),
        a => Bare(a, "GET", "/fixed"),
        a => Bare(a, "GET", $"/moved/{a.Marker}?x=y"),
        a => Counted(a, "POST", $"{a.Base}post", Text(a)),
        a => Counted(a, "PUT", $"{a.Base}put", Text(a), "Expect: 100-continue\r\n"),
        a => Counted(a, "PATCH", $"{a.Base}empty", ""),
        a => Chunks(a, "POST", $"{a.Base}chunks", Text(a), "x-sum: 1\r\nx-more: 2\r\n", "Trailer: x-sum\r\n"),
        a => Chunks(a, "POST", $"{a.Base}chunks", Text(a), ""),
        a => $"GET {a.Base}old HTTP/1.0\r\nx-fuzz-marker: {a.Marker}\r\n\r\n",
    ];

    public static string Request(Asked asked) => s_requests[asked.Random.Next(s_requests.Length)](asked);

    private static string Chat(Asked a, string path, string body, string more = "") => a.Random.Next(3) == 0
        ? Chunks(a, "POST", path, body, a.Random.Next(2) == 0 ? "" : "x-sum: 1\r\n", Credentials + more)
        : Counted(a, "POST", path, body, Credentials + "Content-Type: application/json\r\n" + more);

    private static string Bare(Asked a, string method, string target, string fields = "") => $"{method} {target} HTTP/1.1\r\nHost: gateway\r\nx-fuzz-marker: {a.Marker}\r\n{fields}\r\n";

    private static string Counted(Asked a, string method, string target, string body, string fields = "") =>
        Bare(a, method, target, fields + $"Content-Length: {body.Length}\r\n") + body;

    private static string Chunks(Asked a, string method, string target, string body, string trailers, string fields = "")
    {
        var wire = Bare(a, method, target, fields + "Transfer-Encoding: chunked\r\n");
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, a.Random.Next(1, 200));
            var extension = a.Random.Next(8) == 0 ? ";name=value" : "";
            wire += $"{length:x}{extension}\r\n{body.Substring(at, length)}\r\n";
            at += length;
        }

        return $"{wire}0\r\n{trailers}\r\n";
    }

    private static string Text(Asked a) => a.Marker + new string('t', a.Random.Next(20) == 0 ? a.Random.Next(300_000) : a.Random.Next(300));
}

/// <summary>What a request is composed of.</summary>
/// <param name="Random">Chooses.</param>
/// <param name="Marker">Names it.</param>
/// <param name="IsSteady">Whether only servers that answer well may be asked.</param>
internal sealed record Asked(Random Random, string Marker, bool IsSteady)
{
    /// <summary>Where its path begins.</summary>
    public string Base { get; } = IsSteady ? "/steady/" : "/unsteady/";
}
