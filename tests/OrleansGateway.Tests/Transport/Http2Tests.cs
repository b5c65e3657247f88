using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Transport;

/// <summary>HTTP/2 upstreams, in clear by prior knowledge and over TLS, as gRPC needs them.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    private const int Deadline = 60_000;

    private readonly HttpUpstream _upstream = new(TimeProvider.System);
    private readonly TestAuthority _authority = new();
    private readonly PemFolder _folder = new();
    private WebApplication _app = null!;
    private RequestDelegate _handler = static _ => Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(_authority.Issue("localhost"));
        }));
        _app = builder.Build();
        _app.Run(context => _handler(context));
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _upstream.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Request_AndAnswer_AreAsGiven(string scheme)
    {
        var seen = "";
        _handler = async context =>
        {
            var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
            seen = $"{context.Request.Protocol} {target} {context.Request.Host} te={context.Request.Headers.TE} type={context.Request.ContentType} x={context.Request.Headers["X"]} length={context.Request.ContentLength}";
            context.Response.Headers["Y"] = new[] { "1", "2" };
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.WriteAsync("hi");
            context.Response.AppendTrailer("grpc-status", "0");
        };
        var request = Passing.Request(HttpMethod.Post, Url(scheme), Passing.Whole("body"u8.ToArray()), Access(scheme), "/a/./b/../%2e%2f%41?q=%zz");
        request.Headers.AddRange([new("TE", "trailers"), new("Content-Type", "application/grpc"), new("X", "v"), new("Host", "shop.example")]);
        await using var response = await _upstream.SendAsync(request, Cancellation);
        Assert.Equal("hi", await response.ReadToEndAsync(Cancellation));
        Assert.Equal("HTTP/2 /a/./b/../%2e%2f%41?q=%zz shop.example te=trailers type=application/grpc x=v length=4", seen);
        Assert.Equal("2", response.Version);
        Assert.Equal([new("grpc-status", "0")], response.Trailers);
        Assert.Equal(["1", "2"], Enumerable.Range(0, response.FieldCount).Select(response.Field).Where(f => f.Key == "Y").Select(f => f.Value));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Stream_InBothDirections_AnswersEachPieceBeforeTheNext(string scheme)
    {
        _handler = async context =>
        {
            await context.Response.Body.FlushAsync();
            var buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var bytes)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, bytes));
                await context.Response.Body.FlushAsync();
            }
        };
        var pipe = new Pipe();
        var request = Passing.Post(Url(scheme), new RequestStream(pipe.Reader), Access(scheme));
        // The head comes before there is any body.
        await using var response = await _upstream.SendAsync(request, Cancellation);
        for (var n = (byte)1; n < 20; n++)
        {
            await pipe.Writer.WriteAsync(new[] { n }, Cancellation);
            var buffer = new byte[10];
            Assert.Equal((1, n), (await response.ReadAsync(buffer, Cancellation), buffer[0]));
        }

        await pipe.Writer.CompleteAsync();
        Assert.Equal("", await response.ReadToEndAsync(Cancellation));
        await request.BodySent;
    }

    [Fact(Timeout = Deadline)]
    public async Task Upload_OfManyMegabytes_WaitsForItsReader()
    {
        const long Total = 64L << 20;
        var (given, taken, heldMax) = (0L, 0L, 0L);
        _handler = async context =>
        {
            var buffer = new byte[16 << 10];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var bytes)
            {
                taken += bytes;
                heldMax = Math.Max(heldMax, Volatile.Read(ref given) - taken);
            }
        };
        var pipe = new Pipe();
        var call = _upstream.CallAsync(Passing.Post(Url("http"), new RequestStream(pipe.Reader), Access("http")), Cancellation);
        var piece = new byte[64 << 10];
        for (; given < Total; Volatile.Write(ref given, given + piece.Length)) await pipe.Writer.WriteAsync(piece, Cancellation);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(200, (await call).Status);
        Assert.Equal(Total, taken);
        Assert.InRange(heldMax, 1, 8 << 20);
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_ThatBreaksOff_IsTheRequestsFault()
    {
        var ended = new TaskCompletionSource<Exception?>();
        _handler = async context =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                ended.SetResult(null);
            }
            catch (Exception broken)
            {
                ended.SetResult(broken);
            }
        };
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("abc"u8.ToArray(), Cancellation);
        var call = _upstream.CallAsync(Passing.Post(Url("http"), new RequestStream(pipe.Reader), Access("http")), Cancellation);
        await pipe.Writer.CompleteAsync(new IOException("gone"));
        var broken = await Assert.ThrowsAsync<UpstreamException>(() => call);
        Assert.Equal(("the request's body broke off", true), (broken.Message, broken.RequestAtFault));
        // It never looked whole.
        Assert.NotNull(await ended.Task.WaitAsync(Cancellation));
    }

    [Fact(Timeout = Deadline)]
    public async Task Response_LetGoBeforeTheBodysEnd_ReadsItNoMore()
    {
        _handler = static async context =>
        {
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(Stream.Null);
        };
        var pipe = new Pipe();
        var request = Passing.Post(Url("http"), new RequestStream(pipe.Reader), Access("http"));
        await (await _upstream.SendAsync(request, Cancellation)).DisposeAsync();
        Assert.True(request.BodySent.IsCompleted);
    }

    [Fact(Timeout = Deadline)]
    public async Task Peer_ThatIsNotThere_WasSentNothing()
    {
        var request = Passing.Request(HttpMethod.Post, new Uri("http://127.0.0.1:1/"), Passing.Whole("x"u8.ToArray()), Access("http"));
        var refused = await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(request, Cancellation));
        Assert.Equal(("the connection was refused or broke", true, true), (refused.Message, refused.NothingSent, request.Stream!.IsWhole));
    }

    [Fact(Timeout = Deadline)]
    public async Task Field_ThatWouldMeanSomethingElse_IsNeverSent()
    {
        var request = Passing.Request(HttpMethod.Get, Url("http"), access: Access("http"));
        request.Headers.Add(new("X", "a\r\nY: b"));
        Assert.True((await Assert.ThrowsAsync<UpstreamException>(() => _upstream.CallAsync(request, Cancellation))).RequestAtFault);
    }

    private Uri Url(string scheme) => new(_app.Urls.Single(url => url.StartsWith(scheme + ":", StringComparison.Ordinal)).Replace("localhost", "127.0.0.1", StringComparison.Ordinal));

    private UpstreamAccess Access(string scheme) =>
        new(UpstreamProtocol.Http2, scheme == "https" ? new UpstreamTlsSettings { Ca = _folder.Write("ca.pem", _authority.Pem) } : new UpstreamTlsSettings());
}
