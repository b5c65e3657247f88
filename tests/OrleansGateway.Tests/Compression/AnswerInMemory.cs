using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Compression;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Compression;

/// <summary>An answer that goes by one stage, compression if no other is named, into memory; with the callbacks of a server's start.</summary>
internal sealed class AnswerInMemory
{
    private readonly Started _body;

    public AnswerInMemory(string acceptEncoding, CompressionSettings? settings = null, string method = "GET")
    {
        var features = new FeatureCollection();
        var response = new Starting();
        _body = new Started(response);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = method });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(_body);
        Http = new DefaultHttpContext(features);
        if (acceptEncoding.Length > 0) Http.Request.Headers.AcceptEncoding = acceptEncoding;
        Exchange = new Exchange(Http, Snapshot.Compile(TestDirectory.Settings, 1, ""), "request", startedAt: 0)
        {
            Route = new Route("route", new RouteSettings { Compression = settings ?? new CompressionSettings(), Respond = new RespondSettings() }),
        };
    }

    public DefaultHttpContext Http { get; }
    public Exchange Exchange { get; }
    public IHeaderDictionary Headers => Http.Response.Headers;

    /// <summary>All that has reached the client.</summary>
    public byte[] Sent => ((MemoryStream)_body.Stream).ToArray();

    /// <summary>Answers, and then ends the response as a server does.</summary>
    public async Task<AnswerInMemory> SendAsync(Func<HttpResponse, Task> answer, IStage? stage = null)
    {
        await (stage ?? new CompressionStage()).InvokeAsync(Exchange, async exchange => await answer(exchange.Http.Response));
        await _body.StartAsync();
        return this;
    }

    /// <summary>What a client makes of what it got so far.</summary>
    public byte[] Decoded()
    {
        var content = new MemoryStream();
        using Stream coded = Headers.ContentEncoding.ToString() switch
        {
            "br" => new BrotliStream(new MemoryStream(Sent), CompressionMode.Decompress),
            "gzip" => new GZipStream(new MemoryStream(Sent), CompressionMode.Decompress),
            _ => new MemoryStream(Sent),
        };
        coded.CopyTo(content);
        return content.ToArray();
    }

    private sealed class Starting : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _callbacks = new();
        private bool _started;

        public override bool HasStarted => _started;

        public override void OnStarting(Func<object, Task> callback, object state) => _callbacks.Push((callback, state));

        public async Task StartAsync()
        {
            while (!_started && _callbacks.TryPop(out var next)) await next.Callback(next.State);
            _started = true;
        }
    }

    private sealed class Started(Starting response) : StreamResponseBodyFeature(new MemoryStream())
    {
        public override async Task StartAsync(CancellationToken cancellationToken = default)
        {
            await response.StartAsync();
            await base.StartAsync(cancellationToken);
        }
    }
}
