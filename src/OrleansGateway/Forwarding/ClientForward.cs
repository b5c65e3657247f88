using System.Diagnostics;
using OrleansGateway.Http;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Forwarding;

/// <summary>A client's request as it is passed on: it lives as long as its client.</summary>
internal sealed class ClientForward : Forward
{
    private readonly Exchange _exchange;

    public ClientForward(Origin origin, Exchange exchange, string? upgrade)
        : base(origin, exchange.Route!, PoolHash.Of(exchange.Route!.Upstream!.Settings.Hash, exchange.Http.Request, exchange.ClientAddress))
    {
        _exchange = exchange;
        Client = exchange;
        exchange.Forward = Facts;
        Upgrade = upgrade;
        Path = TargetPath.Of(exchange, Route);
        Body = upgrade is null ? ClientBody.Of(exchange, Origin.BodyBytesMax(exchange), origin.Time) : null;
    }

    public override ClientBody? Body { get; }

    public override string? Upgrade { get; }

    public override string Path { get; }

    public override string Method => _exchange.Http.Request.Method;

    public override string Id => _exchange.Id;

    public override RequestTrace? Trace => _exchange.Trace;

    public override CancellationToken Aborted => _exchange.Aborted;

    public override Func<int, IReadOnlyList<KeyValuePair<string, string>>, ValueTask>? Interim => InterimAnswers.For(_exchange);

    public override void WriteHead(UpstreamRequest request, Activity? attempt)
    {
        RequestHead.Write(_exchange, Route, request);
        if (Upgrade is not null) Tunnel.AddKey(_exchange.Http, request);
    }

    /// <summary>Sends it and passes the answer on, or refuses it.</summary>
    /// <param name="watch">Told of the answer; none if nobody is.</param>
    public async ValueTask RunAsync(IAnswerWatch? watch)
    {
        if (Enter() is { } busy)
        {
            _exchange.Refuse(busy);
            return;
        }

        try
        {
            var (attempt, refusal) = await SendAsync();
            if (refusal is not null) _exchange.Refuse(refusal);
            if (attempt is null) return;
            try
            {
                await attempt.PassOnAsync(_exchange, watch);
            }
            finally
            {
                await attempt.DisposeAsync();
            }
        }
        finally
        {
            Leave();
        }
    }
}
