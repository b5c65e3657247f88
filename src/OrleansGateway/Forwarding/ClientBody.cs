using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Forwarding;

/// <summary>
/// The body of a client's request on its way through. Keeps the attempt's clock: while a piece is awaited the upstream is not to blame. Keeps what went wrong
/// at the client's end, so that it is not taken for the upstream's fault.
/// </summary>
internal sealed class ClientBody : PipeReader
{
    private readonly PipeReader _client;
    private readonly TimeProvider _time;
    private Deadline? _deadline;

    private ClientBody(HttpContext http, TimeProvider time)
    {
        (_client, _time) = (http.Request.BodyReader, time);
        Stream = new RequestStream(this)
        {
            Length = http.Request.ContentLength,
            AwaitsContinue = http.Request.Headers.Expect.Count > 0,
            Trailers = () => TrailersOf(http.Features),
        };
    }

    public RequestStream Stream { get; }

    /// <summary>When a piece that had to be waited for came last, as a timestamp of the time provider; 0 if none did.</summary>
    public long ReadAt { get; private set; }

    /// <summary>What went wrong with the client's end; none if nothing has.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>The body; none if the request has none. Sets how much of it is taken: more is the client's mistake, and reading throws.</summary>
    public static ClientBody? Of(Exchange exchange, long? bytesMax, TimeProvider time)
    {
        var http = exchange.Http;
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }) return null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = bytesMax;
        // A call may be silent for as long as it likes in the midst of its body.
        if (Origin.IsCall(exchange) && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return new ClientBody(http, time);
    }

    /// <summary>Says which attempt's clock counts from now on.</summary>
    public void Begin(Deadline deadline) => _deadline = deadline;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        _deadline?.AwaitRequest();
        try
        {
            var result = await _client.ReadAsync(cancellationToken);
            ReadAt = _time.GetTimestamp();
            _deadline?.RequestProgressed();
            return result;
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            Failure = failed;
            throw;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            return _client.TryRead(out result);
        }
        catch (Exception failed)
        {
            Failure = failed;
            throw;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => _client.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _client.AdvanceTo(consumed, examined);

    public override void CancelPendingRead()
    {
        try
        {
            _client.CancelPendingRead();
        }
        catch (Exception gone)
        {
            // Kestrel throws once the client has gone. The read has then ended by itself; who calls may be a token that is being cancelled, where nobody would catch it.
            Failure ??= gone;
        }
    }

    // The server reads on behind us, so that the connection can be used again.
    public override void Complete(Exception? exception = null)
    {
    }

    private static List<KeyValuePair<string, string>> TrailersOf(IFeatureCollection features)
    {
        var trailers = new List<KeyValuePair<string, string>>();
        if (features.Get<IHttpRequestTrailersFeature>() is not { Available: true } given) return trailers;
        foreach (var (name, values) in given.Trailers)
        {
            if (Trailers.MayPass(name)) trailers.AddRange(values.Select(value => new KeyValuePair<string, string>(name, value ?? "")));
        }

        return trailers;
    }
}
