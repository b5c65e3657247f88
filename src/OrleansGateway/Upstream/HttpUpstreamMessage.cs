using System.Buffers;
using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Upstream;

/// <summary>A request as the platform's client sends it.</summary>
internal sealed class HttpUpstreamMessage : IAsyncDisposable
{
    private readonly UpstreamRequest _request;

    private HttpUpstreamMessage(UpstreamRequest request, HttpRequestMessage message) => (_request, Message) = (request, message);

    /// <summary>Whose message it is, for whoever opens a connection because of it.</summary>
    public static UpstreamRequest RequestOf(HttpRequestMessage message) => ((MessageOf)message).Request;

    public HttpRequestMessage Message { get; }

    /// <summary>What was wrong with the body; none if nothing was.</summary>
    public UpstreamException? BodyFault => (Message.Content as PassingContent)?.Fault;

    /// <summary>Writes it. Throws <see cref="UpstreamException"/> if something in it would mean something else on the wire than was meant.</summary>
    public static HttpUpstreamMessage Of(UpstreamRequest request)
    {
        var method = request.Method.Method;
        if (!FieldSyntax.MaySendName(method) || (request.Target is { } target && !(target.StartsWith('/') && SentFields.IsTarget(target, method))))
        {
            throw Http1Fault.NotSendable("its address is not valid");
        }

        var fields = SentFields.Check(request.Headers);
        var message = new MessageOf(request);
        (message.Version, message.VersionPolicy) = VersionOf(request);
        if (request.Stream is { Length: not 0 } stream)
        {
            message.Content = new PassingContent(request, stream);
            if (stream.AwaitsContinue) message.Headers.ExpectContinue = true;
        }
        else if (!request.Body.IsEmpty || method is "POST" or "PUT" or "PATCH")
        {
            message.Content = new BodyContent(request);
            if (!request.Body.IsEmpty && !fields.HasType) message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        AddFields(message, request);
        return new HttpUpstreamMessage(request, message);
    }

    /// <summary>Ends the sending, and returns once the body is read no more.</summary>
    public async ValueTask DisposeAsync()
    {
        Message.Dispose();
        (Message.Content as PassingContent)?.Stop();
        if (_request.Stream is not null) await _request.BodySent.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void AddFields(HttpRequestMessage message, UpstreamRequest request)
    {
        foreach (var (name, value) in request.Headers)
        {
            // Those of the content it keeps apart, and takes no others there.
            if (message.Headers.TryAddWithoutValidation(name, value)) continue;
            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(name, value);
        }

        if (request.Upgrade is not { } upgrade || message.Version.Major > 1) return;
        if (!FieldSyntax.IsProtocol(upgrade)) throw Http1Fault.NotSendable("its upgrade is not valid");
        message.Headers.Connection.Add("Upgrade");
        message.Headers.TryAddWithoutValidation("Upgrade", upgrade);
    }

    /// <summary>The target goes out as it is: a path that two servers read in two ways must not be mended between them.</summary>
    private static Uri UriOf(UpstreamRequest request) => request.Target is { } target
        ? new Uri($"{request.Uri.Scheme}://{request.Uri.Authority}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
        : request.Uri;

    private static (Version Version, HttpVersionPolicy Policy) VersionOf(UpstreamRequest request) => request.Access.Protocol switch
    {
        UpstreamProtocol.Http1 => (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact),
        UpstreamProtocol.Http2 => (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact),
        UpstreamProtocol.Http3 => (HttpVersion.Version30, HttpVersionPolicy.RequestVersionExact),
        // HTTP/2 only where TLS negotiates it: many streams to one provider then share a connection.
        _ => (request.Uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11, HttpVersionPolicy.RequestVersionOrLower),
    };

    private sealed class MessageOf(UpstreamRequest request) : HttpRequestMessage(request.Method, UriOf(request))
    {
        public UpstreamRequest Request => request;
    }

    /// <summary>A body that is there, which says when it has been sent.</summary>
    private sealed class BodyContent(UpstreamRequest request) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            request.BodySent = WriteAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = request.Body.Length;
            return true;
        }

        // A write may also fail before it has become a task, and that must show in BodySent too.
        private async Task WriteAsync(Stream stream, CancellationToken cancellation) => await stream.WriteAsync(request.Body, cancellation);
    }

    /// <summary>A body that passes through. Each piece goes out as it comes: what answers it may be waiting for it.</summary>
    private sealed class PassingContent(UpstreamRequest request, RequestStream body) : HttpContent
    {
        private BodyPump? _pump;

        public UpstreamException? Fault => _pump?.Fault;

        public void Stop() => _pump?.Stop();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            request.BodySent = PumpAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length ?? 0;
            return body.Length is not null;
        }

        private async Task PumpAsync(Stream stream, CancellationToken cancellation)
        {
            // The client sends a request again by itself if a peer refuses it unread; what was consumed is not there again.
            if (!body.IsWhole) throw new IOException("The body cannot be sent again.");
            // The head at once: an upstream may answer before there is any body.
            await stream.FlushAsync(cancellation);
            _pump = new BodyPump(body, piece => SendAsync(stream, piece, cancellation));
            using (cancellation.UnsafeRegister(static pump => ((BodyPump)pump!).Stop(), _pump)) await _pump.RunAsync(sent: 0);
        }

        private static async ValueTask SendAsync(Stream stream, ReadOnlySequence<byte> piece, CancellationToken cancellation)
        {
            foreach (var part in piece) await stream.WriteAsync(part, cancellation);
            await stream.FlushAsync(cancellation);
        }
    }
}
