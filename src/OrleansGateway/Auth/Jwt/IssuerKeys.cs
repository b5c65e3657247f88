using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Auth.Jwt;

/// <summary>The keys of all issuers. Those fetched are kept over reloads of the configuration that leave their origin as it is.</summary>
internal sealed class IssuerKeys(JwkClient client, Func<Snapshot> current, GatewayMetrics metrics, TimeProvider time, ILogger<IssuerKeys> log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<JwkOrigin, Lazy<FetchedKeys>> _fetched = new();

    public IKeySource Of(JwtIssuer issuer) => issuer.Keys is { } stated ? new StatedKeys(stated) : Fetched(issuer.Origin!);

    /// <summary>Keys fetched from an origin.</summary>
    public FetchedKeys Fetched(JwkOrigin origin) => _fetched.GetOrAdd(origin, o => new Lazy<FetchedKeys>(() =>
        new FetchedKeys(o, cancellation => FetchAsync(o, cancellation), () => current().Issuers.Values.Any(i => i.Origin == o), time))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var keys in _fetched.Values) await keys.Value.DisposeAsync();
    }

    private async Task<string?> FetchAsync(JwkOrigin origin, CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(JwkClient.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stopping);
        var (text, problem) = await client.FetchAsync(origin, either.Token, stopping);
        metrics.TokenKeysFetched(origin.Id, text is not null);
        if (text is null) log.NotFetched(origin.Id, problem);
        else log.Fetched(origin.Id);
        return text;
    }
}

internal static partial class IssuerKeysLog
{
    [LoggerMessage(1210, LogLevel.Warning, "The keys of issuer {Issuer} could not be fetched: {Reason}")]
    public static partial void NotFetched(this ILogger log, string issuer, string reason);

    [LoggerMessage(1211, LogLevel.Debug, "Fetched the keys of issuer {Issuer}")]
    public static partial void Fetched(this ILogger log, string issuer);
}
