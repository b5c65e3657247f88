using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>One request and its answer on their way through the stages. Each stage fills in what it learned for those after it.</summary>
internal sealed class Exchange(HttpContext http, Snapshot snapshot, string id, long startedAt)
{
    public HttpContext Http => http;

    /// <summary>The configuration this request started with, and keeps.</summary>
    public Snapshot Snapshot => snapshot;

    /// <summary>Names this request in the answer (<c>x-request-id</c>), in logs and in usage.</summary>
    public string Id => id;

    /// <summary>When it came in, as a timestamp of the time provider.</summary>
    public long StartedAt => startedAt;

    /// <summary>Who calls, as far as the network tells: the peer, or whom trusted proxies before us name.</summary>
    public IPAddress? ClientAddress { get; set; } = http.Connection.RemoteIpAddress;

    /// <summary>Set when the client has gone.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>How the client wants its errors. Known once the path is; plain HTTP until then.</summary>
    public Dialect Dialect { get; set; }

    /// <summary>What is asked for, in the terms of OpenTelemetry's <c>gen_ai.operation.name</c>: <c>chat</c>, <c>embeddings</c> …</summary>
    public string? Operation { get; set; }

    /// <summary>What the path serves, in the terms of the feature that serves it; none if the route serves no such thing.</summary>
    public object? Endpoint { get; set; }

    /// <summary>Path and query asked for. Known from the route stage on.</summary>
    public RequestTarget Target { get; set; }

    public Route? Route { get; set; }
    public Caller? Caller { get; set; }

    /// <summary>What the model call asked for and what became of it; none for other requests.</summary>
    public CallFacts? Call { get; set; }

    /// <summary>The trace the request belongs to; none while tracing is off.</summary>
    public RequestTrace? Trace { get; set; }

    /// <summary>Why the request is turned away; none while it is not.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>Turns the request away. The error stage writes the answer once the stages have returned.</summary>
    public void Refuse(Refusal refusal) => Refusal = refusal;
}
