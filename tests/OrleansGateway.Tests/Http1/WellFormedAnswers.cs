namespace OrleansGateway.Tests.Http1;

/// <summary>An answer on the wire, and what a client is to make of it.</summary>
/// <param name="Wire">Its bytes.</param>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body, without framing.</param>
/// <param name="IsReusable">Whether another request may follow on the connection. If not, the server closes after it.</param>
internal sealed record WellFormedAnswer(string Wire, int Status, string Body, bool IsReusable = true);

/// <summary>Answers that are right, if odd.</summary>
internal static class WellFormedAnswers
{
    public static readonly WellFormedAnswer[] All =
    [
        new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
        new("HTTP/1.1 200 \r\nContent-Length:2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 200\r\nContent-Length: \t 2 \t \r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 200 \u00e4\t\"<>\r\ncontent-length: 002\r\n\r\nok", 200, "ok"),
        new("HTTP/1.9 599 Later\r\nCONTENT-LENGTH: 2\r\n\r\nok", 599, "ok"),
        new("HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09azAZ: \u00e4 x\r\nEmpty:\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, ""),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"),
        new("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n01\r\nk\r\n000\r\n\r\n", 200, "ok"),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;a=b\r\n0123456789\r\nb ; c=\"d\"\r\n01234567890\r\n0;last\r\n\r\n", 200, "012345678901234567890"),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\nA: b\r\nC:\r\n\r\n", 200, "\r\n"),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\n\r\n", 200, "ok"),
        new("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        new("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""),
        new("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 102 Processing\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.1 200 OK\r\nConnection: x, keep-alive\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        new("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", IsReusable: false),
        new("HTTP/1.0 200 OK\r\n\r\nok", 200, "ok", IsReusable: false),
        new("HTTP/1.1 200 OK\r\n\r\nok", 200, "ok", IsReusable: false),
        new("HTTP/1.1 200 OK\r\n\r\n", 200, "", IsReusable: false),
        new("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: x , CLOSE\r\nContent-Length: 2\r\n\r\nok", 200, "ok", IsReusable: false),
        new("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok", IsReusable: false),
        new("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", 204, "", IsReusable: false),
        new("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 204, "", IsReusable: false),
        new("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, "ok", IsReusable: false),
        new("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", 304, "", IsReusable: false),
        new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n", 200, "ok", IsReusable: false),
    ];

    public static TheoryData<int> Numbers { get; } = [.. Enumerable.Range(0, All.Length)];
}
