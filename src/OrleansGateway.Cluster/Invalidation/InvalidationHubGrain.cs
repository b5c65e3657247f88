using Orleans.Concurrency;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>The hub as a grain. Calls interleave: each edge's question waits here for news, and publishers for the edges.</summary>
[GrainType("invalidation-hub"), Reentrant, ByAnySilo]
internal sealed class InvalidationHubGrain(SiloHub silo, IHostApplicationLifetime process, ILogger<InvalidationHubGrain> log) : Grain, IInvalidationHubGrain
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_pruneEvery = TimeSpan.FromMinutes(1);

    private InvalidationHub _hub = null!;
    private CancellationTokenRegistration _stopping;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _hub = await silo.OpenAsync(cancellationToken);
        log.Opened(_hub.Life);
        _stopping = process.ApplicationStopping.Register(_hub.Leave);
        this.RegisterGrainTimer(static (grain, _) => grain.LookAsync(), this, new GrainTimerCreationOptions(s_lookEvery, s_lookEvery) { Interleave = true });
        this.RegisterGrainTimer(static (grain, stop) => grain.PruneAsync(stop), this, new GrainTimerCreationOptions(s_pruneEvery, s_pruneEvery) { Interleave = true });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync();
        if (_hub is not null) await silo.CloseAsync(_hub, cancellationToken);
    }

    public async Task<WireHeard> HearAsync(WireHearing hearing, CancellationToken cancellation)
    {
        try
        {
            return WireHeard.Of(await _hub.HearAsync(hearing.Edge, hearing.Applied, cancellation) ?? throw Gone());
        }
        catch (InvalidationException unknown)
        {
            throw new IOException(unknown.Message);
        }
    }

    public async Task<WireInvalidationReceipt[]> PublishAsync(WireInvalidationRequest[] requests, CancellationToken cancellation)
    {
        try
        {
            var receipts = await _hub.PublishAsync(Array.ConvertAll(requests, static r => r.ToRequest()), cancellation) ?? throw Gone();
            return [.. receipts.Select(WireInvalidationReceipt.Of)];
        }
        catch (InvalidationException unknown)
        {
            log.NotWritten(requests.Length, unknown.Message);
            throw new IOException(unknown.Message);
        }
    }

    public Task LeaveAsync(Guid edge, CancellationToken cancellation)
    {
        _hub.Left(edge);
        return Task.CompletedTask;
    }

    private Task LookAsync()
    {
        _hub.Settle();
        if (_hub.IsRetired) DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task PruneAsync(CancellationToken cancellation)
    {
        try
        {
            await _hub.PruneAsync(cancellation);
        }
        catch (InvalidationException failed)
        {
            log.NotForgotten(failed.Message);
        }
    }

    /// <summary>Ends this activation: the next call makes another, here or elsewhere, that begins by taking over.</summary>
    private IOException Gone()
    {
        if (_hub.IsRetired) DeactivateOnIdle();
        return new IOException("The hub of invalidations is not to be had here now.");
    }
}

internal static partial class InvalidationHubLog
{
    [LoggerMessage(2810, LogLevel.Information, "The cluster's invalidations are numbered here; this is hub {Life}")]
    public static partial void Opened(this ILogger log, long life);

    [LoggerMessage(2811, LogLevel.Error, "{Count} invalidations could not be written, and were not acknowledged: {Reason}")]
    public static partial void NotWritten(this ILogger log, int count, string reason);

    [LoggerMessage(2812, LogLevel.Warning, "Old invalidations could not be deleted: {Reason}")]
    public static partial void NotForgotten(this ILogger log, string reason);
}
