using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansGateway.Tests.Http1;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>Bodies that pass through: both ways, piece by piece, with backpressure, ends and all that comes around them.</summary>
public sealed class StreamingTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<bool, bool> Versions => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Versions))]
    public async Task Pieces_BothWaysAtOnce_PassAsTheyCome(bool clientHttp2, bool originHttp2)
    {
        await using var bed = await StartAsync(originHttp2, async http =>
        {
            var buffer = new byte[16];
            await http.Response.Body.FlushAsync();
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var bytes)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, bytes));
                await http.Response.Body.FlushAsync();
            }
        });
        // HttpClient sends and receives at once only over HTTP/2.
        if (!clientHttp2)
        {
            await EchoOverHttp1Async(bed.Url);
            return;
        }

        var pipe = new Pipe();
        using var request = Request(HttpMethod.Post, clientHttp2);
        request.Content = new PipedContent(pipe.Reader);
        using var answer = await bed.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        var echoed = new byte[6];
        for (var i = 0; i < 20; i++)
        {
            await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"ping{i:00}"), Cancellation);
            await body.ReadExactlyAsync(echoed, Cancellation);
            Assert.Equal($"ping{i:00}", Encoding.ASCII.GetString(echoed));
        }

        await pipe.Writer.CompleteAsync();
        Assert.Equal(0, await body.ReadAsync(echoed, Cancellation));
    }

    /// <summary>A body that is sent while the answer comes: HttpClient sends those of its own before it gives out the answer.</summary>
    private sealed class PipedContent(PipeReader reader) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (await reader.ReadAsync(Cancellation) is var read)
            {
                foreach (var piece in read.Buffer) await stream.WriteAsync(piece, Cancellation);
                await stream.FlushAsync(Cancellation);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private static async Task EchoOverHttp1Async(Uri url)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(url.Host, url.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation) is { Length: > 0 })
        {
        }

        for (var i = 0; i < 20; i++)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"6\r\nping{i:00}\r\n"), Cancellation);
            Assert.Equal("6", await reader.ReadLineAsync(Cancellation));
            Assert.Equal($"ping{i:00}", await reader.ReadLineAsync(Cancellation));
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), Cancellation);
        Assert.Equal("0", await reader.ReadLineAsync(Cancellation));
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Versions))]
    public async Task Trailers_OfAnAnswer_ReachTheClient(bool clientHttp2, bool originHttp2)
    {
        await using var bed = originHttp2
            ? await StartAsync(true, async http =>
            {
                http.Response.DeclareTrailer("x-sum");
                await http.Response.WriteAsync("body");
                http.Response.AppendTrailer("x-sum", "42");
                http.Response.AppendTrailer("content-length", "7");
            })
            : null;
        await using var raw = originHttp2 ? null : ScriptedServer.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n4\r\nbody\r\n0\r\nx-sum: 42\r\nContent-Length: 7\r\n\r\n");
        await using var rawBed = raw is null ? null : await ForwardBed.StartAsync([raw.Url]);
        using var request = Request(HttpMethod.Get, clientHttp2);
        request.Headers.TE.Add(new("trailers"));
        using var answer = await (bed ?? rawBed)!.Client.SendAsync(request, Cancellation);
        Assert.Equal("body", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(["x-sum: 42"], answer.TrailingHeaders.Select(t => $"{t.Key}: {string.Join(',', t.Value)}"));
        Assert.Equal(clientHttp2 ? 2 : 1, answer.Version.Major);
    }

    [Fact(Timeout = Deadline)]
    public async Task Trailers_OfARequest_ReachTheUpstream()
    {
        var seen = new TaskCompletionSource<string>();
        await using var bed = await ForwardBed.StartAsync(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            seen.SetResult(http.Request.SupportsTrailers() && http.Request.CheckTrailersAvailable() ? http.Request.GetTrailer("x-sum").ToString() : "none");
        });
        await RawExchange.SendAsync(bed.Url, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n4\r\nbody\r\n0\r\nx-sum: 42\r\n\r\n", Cancellation);
        Assert.Equal("42", await seen.Task.WaitAsync(Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task EarlyHints_OfAnUpstream_ReachAClientOfHttp11()
    {
        await using var origin = ScriptedServer.Answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var bed = await ForwardBed.StartAsync([origin.Url]);
        var answer = await RawExchange.SendAsync(bed.Url, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", Cancellation);
        const string Hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n";
        Assert.StartsWith(Hints, answer, StringComparison.Ordinal);
        Assert.Equal(2, answer.Split(Hints).Length - 1);
        // A client of HTTP/1.0 knows no interim answers.
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await RawExchange.SendAsync(bed.Url, "GET / HTTP/1.0\r\nHost: x\r\n\r\n", Cancellation), StringComparison.Ordinal);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(true)] [InlineData(false)]
    public async Task Expectation_OfAClient_IsTheUpstreamsToMeet(bool accepted)
    {
        await using var bed = await ForwardBed.StartAsync(async http =>
        {
            if (!accepted)
            {
                http.Response.StatusCode = 417;
                return;
            }

            using var reader = new StreamReader(http.Request.Body);
            await http.Response.WriteAsync(await reader.ReadToEndAsync());
        });
        using var client = new TcpClient();
        await client.ConnectAsync(bed.Url.Host, bed.Url.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Equal(accepted ? "HTTP/1.1 100 Continue" : "HTTP/1.1 417 Expectation Failed", await reader.ReadLineAsync(Cancellation));
        if (!accepted) return;
        Assert.Equal("", await reader.ReadLineAsync(Cancellation));
        await stream.WriteAsync("body"u8.ToArray(), Cancellation);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync(Cancellation));
        Assert.Contains("body", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Versions))]
    public async Task Answer_ThatIsCut_NeverLooksWhole(bool clientHttp2, bool originHttp2)
    {
        var read = new TaskCompletionSource();
        await using var bed = await StartAsync(originHttp2, async http =>
        {
            await http.Response.WriteAsync("half of it");
            await http.Response.Body.FlushAsync();
            await read.Task;
            http.Abort();
        });
        using var request = Request(HttpMethod.Get, clientHttp2);
        using var answer = await bed.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        await body.ReadExactlyAsync(new byte["half of it".Length], Cancellation);
        read.SetResult();
        var cut = await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(new byte[1], Cancellation));
        // A proper end would be told by this alone.
        Assert.IsNotType<EndOfStreamException>(cut);
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Versions))]
    public async Task Client_ThatGoes_EndsTheUpstreamsRequest(bool clientHttp2, bool originHttp2)
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var bed = await StartAsync(originHttp2, async http =>
        {
            using var registration = http.RequestAborted.Register(ended.SetResult);
            begun.SetResult();
            await ended.Task;
        });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var request = Request(HttpMethod.Get, clientHttp2);
        var call = bed.Client.SendAsync(request, leaving.Token);
        await begun.Task.WaitAsync(Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(Cancellation);
    }

    [Fact(Timeout = Deadline)]
    public async Task EarlyAnswer_BeforeTheBodyIsOut_ReachesTheClient()
    {
        await using var bed = await ForwardBed.StartAsync(http =>
        {
            http.Response.StatusCode = 403;
            return http.Response.WriteAsync("no need for that");
        });
        using var client = new TcpClient();
        await client.ConnectAsync(bed.Url.Host, bed.Url.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nonly a bit"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync(Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_LargerThanAllowed_IsRefusedWhereverItIsNoticed()
    {
        await using var bed = await ForwardBed.StartAsync(async http => await http.Request.Body.CopyToAsync(Stream.Null), route: "request_body_max: 64KiB");
        using var stated = await bed.Client.PostAsync("/", new ByteArrayContent(new byte[(64 << 10) + 1]), Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, stated.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StreamContent(new MemoryStream(new byte[200 << 10])) };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await bed.Client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        using var fits = await bed.Client.PostAsync("/", new ByteArrayContent(new byte[64 << 10]), Cancellation);
        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
    }

    private static Task<ForwardBed> StartAsync(bool originHttp2, RequestDelegate answer) =>
        ForwardBed.StartAsync(answer, originHttp2 ? "protocol: http2" : "", protocols: originHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1);

    private static HttpRequestMessage Request(HttpMethod method, bool http2) => new(method, "/")
    {
        Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
