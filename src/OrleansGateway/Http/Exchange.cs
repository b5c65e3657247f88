using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Configuration;

namespace OrleansGateway.Http;

/// <summary>One request and its answer on their way through the stages. Each stage fills in what it learned for those after it.</summary>
internal sealed class Exchange(HttpContext http, Snapshot snapshot, string id, long startedAt)
{
    private StatedClient? _stated;

    public HttpContext Http => http;

    /// <summary>The configuration this request started with, and keeps.</summary>
    public Snapshot Snapshot => snapshot;

    /// <summary>Names this request in the answer (<c>x-request-id</c>), in logs and in usage.</summary>
    public string Id => id;

    /// <summary>When it came in, as a timestamp of the time provider.</summary>
    public long StartedAt => startedAt;

    /// <summary>Who calls, as far as the network tells: the peer, or whom trusted proxies before us name.</summary>
    public IPAddress? ClientAddress
    {
        get => _stated?.Address ?? http.Connection.RemoteIpAddress;
        set => (_stated ??= new StatedClient()).Address = value;
    }

    /// <summary><c>http</c> or <c>https</c>, as the client called: told by the connection, or by trusted proxies before us.</summary>
    public string ClientScheme
    {
        get => _stated?.Scheme ?? (http.Features.Get<ITlsConnectionFeature>() is null ? "http" : "https");
        set => (_stated ??= new StatedClient()).Scheme = value;
    }

    /// <summary>Host, with port if there is one, that the client called: the request's, or what trusted proxies before us say.</summary>
    public string ClientHost
    {
        get => _stated?.Host ?? http.Request.Host.Value ?? "";
        set => (_stated ??= new StatedClient()).Host = value;
    }

    /// <summary>The certificate that the client has shown in the TLS handshake, which the listener's authorities vouch for; none if it has shown none.</summary>
    public X509Certificate2? ClientCertificate => http.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    /// <summary>Whether the peer is a proxy whose word about where the request came from is believed.</summary>
    public bool IsPeerTrusted { get; set; }

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

    /// <summary>What became of it at an upstream; none for requests that are not passed on.</summary>
    public ForwardFacts? Forward { get; set; }

    /// <summary>What the cache made of it.</summary>
    public CacheUse Cache { get; set; }

    /// <summary>What limits and budgets made of it; none if no rule applies to it.</summary>
    public LimitFacts? Limits { get; set; }

    /// <summary>The trace the request belongs to; none while tracing is off.</summary>
    public RequestTrace? Trace { get; set; }

    /// <summary>Why the request is turned away; none while it is not.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>Turns the request away. The error stage writes the answer once the stages have returned.</summary>
    public void Refuse(Refusal refusal) => Refusal = refusal;
}

/// <summary>What others than the connection say of the client. Few requests have such, and every request pays for the room.</summary>
internal sealed class StatedClient
{
    public IPAddress? Address { get; set; }

    public string? Scheme { get; set; }

    public string? Host { get; set; }
}
