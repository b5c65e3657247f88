using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>Where the keys of an issuer come from.</summary>
internal interface IKeySource
{
    /// <summary>The keys to check by now; none if there are none yet, or those there are have grown too old.</summary>
    JwkSet? Usable { get; }

    /// <summary>When it is worth asking again after there were none.</summary>
    TimeSpan RetryAfter { get; }

    /// <summary>Asks for the keys anew, unless that was done just before, and waits for it.</summary>
    Task RefreshAsync(CancellationToken cancellation);
}

/// <summary>Keys that the configuration holds.</summary>
internal sealed class StatedKeys(JwkSet keys) : IKeySource
{
    public JwkSet? Usable => keys;
    public TimeSpan RetryAfter => TimeSpan.Zero;
    public Task RefreshAsync(CancellationToken cancellation) => Task.CompletedTask;
}
