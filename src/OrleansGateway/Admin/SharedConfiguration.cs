using System.Data.Common;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Admin;

/// <summary>
/// One configuration for all nodes of a cluster: looks often for a version that others have made, and makes versions for them. A node that cannot look, or must refuse what it finds, goes on
/// with the version that it has, and says so. See the decision on one configuration.
/// </summary>
internal sealed class SharedConfiguration(SnapshotSource source, ISharedConfigurations store, KeptConfiguration kept, TimeProvider time, ILogger<SharedConfiguration> log)
{
    /// <summary>A quarter of the time within which all nodes are to serve a version.</summary>
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan s_silentMax = TimeSpan.FromSeconds(2);

    /// <summary>How often an apply that says no version begins anew when others come first.</summary>
    private const int AttemptsMax = 5;

    private readonly FileEdits _edits = new(source, time);
    private volatile SharedText? _newest;
    private volatile RefusedVersion? _refused;
    private SharedText? _kept;
    private string? _notForAll;
    private long _lookedAt;
    private volatile bool _isBlind;

    /// <summary>Where the configuration in force is from: <c>cluster</c>, <c>kept</c> (by this node, for the store has not been seen yet), or <c>file</c>.</summary>
    public string Origin => source.Shared is null ? "file" : _newest is null ? "kept" : "cluster";

    /// <summary>The cluster's newest version where another is in force here; none if it is in force, or nobody knows.</summary>
    public string? Newest => _newest is { } newest && newest != source.Shared ? newest.Version : null;

    /// <summary>How many versions this node is behind what it knows to be the newest.</summary>
    public long Behind => _newest is { } newest ? Math.Max(0, newest.Sequence - (source.Shared?.Sequence ?? 0)) : 0;

    /// <summary>
    /// Once, before anything goes by the configuration: the cluster's newest version; or, if the store is down or that version is refused here, the one that this node kept; or else what is in
    /// its file. A cluster without any version is given that of the file.
    /// </summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        source.IsOfCluster = true;
        await LookAsync(cancellation);
        if (source.Shared is null && kept.Read() is { } last && last != _newest && (await source.TakeAsync(last, former: null, cancellation)).Changed) _kept = last;
        if (_isBlind || _refused is not null) log.BeganWithout(source.Current.Version, Origin);
        else if (source.Shared is { } shared && !NodeSections.SameRest(source.FileText, shared.Text)) log.FileDiffers(shared.Version);
    }

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation)) await LookAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    /// <summary>Looks once. What cannot be read now is at the next look.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await CatchUpAsync(cancellation);
        }
        catch (Exception failed) when (IsOfStore(failed))
        {
            if (!_isBlind) log.Blind(source.Current.Version, failed.Message);
            _isBlind = true;
        }

        if (_edits.Look() is { } edit) log.FileEdited(edit);
    }

    /// <summary>Makes a text the cluster's next version, if it is valid here. No other node is asked: one that must refuse it keeps what it has.</summary>
    public async Task<ApplyResult> ApplyAsync(ApplyRequest request, AuditActor by, string action, CancellationToken cancellation)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                await CatchUpAsync(cancellation);
                var newest = _newest;
                var inForce = newest?.Version ?? source.Current.Version;
                var isStale = request.Version is { } built && built != inForce;
                var applied = await source.OfferAsync(request.Text, newest, isStale, next => AddAsync(next, inForce, by, action));
                if (applied.Obstacle == ApplyObstacle.None && applied.Reload.Changed) Took(source.Shared!);
                if (applied.Obstacle != ApplyObstacle.VersionChanged) return applied;
                if (request.Version is not null || attempt == AttemptsMax) return applied with { Reload = applied.Reload with { Version = await NewestAsync(cancellation) } };
            }
        }
        catch (Exception failed) when (IsOfStore(failed))
        {
            log.NotApplied(failed.Message);
            return new ApplyResult(new ReloadResult(source.Current.Version, Changed: false, [], source.Current.Version), ApplyObstacle.StoreUnavailable);
        }
    }

    /// <summary>A version of the history as it was written; none if there is none.</summary>
    public async Task<string?> FindTextAsync(string version, CancellationToken cancellation) => (await store.FindTextAsync(version, cancellation))?.Text;

    /// <summary>What an operator should know; none of it keeps requests away.</summary>
    public IEnumerable<Trouble> Troubles()
    {
        var version = source.Current.Version;
        if (_lookedAt == 0 || time.GetElapsedTime(Volatile.Read(ref _lookedAt)) > s_silentMax)
            yield return new Trouble(false, $"The cluster's store cannot be read; the configuration in force is version {version}{Since()}.");
        if (_refused is { } refused)
        {
            var more = refused.Faults.Count > 1 ? $" (and {refused.Faults.Count - 1} more)" : "";
            yield return new Trouble(false, $"Version {refused.Version.Version} of the cluster's configuration is refused here and version {version} stays in force: {refused.Faults[0]}{more}");
        }

        if (_edits.Open is { } at)
            yield return new Trouble(false, $"The configuration file of this node was changed at {at:yyyy-MM-dd HH:mm:ss}Z and is not in force, but version {version} of the cluster is. Apply it, or put it back.");
    }

    private static bool IsOfStore(Exception failed) => failed is DbException or TimeoutException or IOException or ObjectDisposedException;

    private string Since() => Origin switch
    {
        "file" => ", of this node's file",
        "kept" => ", which this node kept",
        _ => string.Create(CultureInfo.InvariantCulture, $", of {(long)time.GetElapsedTime(Volatile.Read(ref _lookedAt)).TotalSeconds} s ago"),
    };

    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        var running = source.Shared;
        if (await store.NewestAsync(_newest?.Version, cancellation) is { } newer) _newest = newer;
        else if (_newest is null) await SeedAsync(cancellation);
        Volatile.Write(ref _lookedAt, time.GetTimestamp());
        if (_isBlind) log.Sees();
        _isBlind = false;
        if (_newest is { } newest) await TakeAsync(newest, running, cancellation);
    }

    /// <summary>Takes the newest version over, unless it was refused and nothing has been read anew since.</summary>
    private async Task TakeAsync(SharedText newest, SharedText? running, CancellationToken cancellation)
    {
        var reloads = source.Reloads;
        if (newest == running) Took(newest);
        if (newest == running || (_refused is { } before && before.Version == newest && before.Reloads == reloads)) return;
        var result = await source.TakeAsync(newest, running, cancellation);
        if (source.Shared == newest) Took(newest);
        else if (result.Faults.Count > 0) Refused(newest, result.Faults, reloads);
    }

    private void Refused(SharedText version, IReadOnlyList<Fault> faults, int reloads)
    {
        log.VersionRefused(version.Version, source.Current.Version);
        _refused = new RefusedVersion(version, faults, reloads);
    }

    private void Took(SharedText version)
    {
        _refused = null;
        if (_kept == version) return;
        _newest = version;
        try
        {
            kept.Write(version);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            log.NotKept(version.Version, failed.Message);
        }

        _kept = version;
    }

    /// <summary>A cluster begins with what its first node has; it has none while that is only what is each node's own.</summary>
    private async Task SeedAsync(CancellationToken cancellation)
    {
        var file = source.FileText;
        if (file == _notForAll) return;
        var text = source.Shared?.Text ?? NodeSections.Without(file);
        if (text is null) log.NotSeeded();
        if (text is null or "")
        {
            _notForAll = file;
            return;
        }

        var first = new SharedText(1, text);
        await AddAsync(first, before: null, AuditActor.Start, "config.start");
        // Of several nodes one was first.
        _newest = await store.NewestAsync(known: null, cancellation);
    }

    private async Task<ApplyObstacle> AddAsync(SharedText next, string? before, AuditActor by, string action)
    {
        var now = time.GetUtcNow();
        var applied = new AppliedConfiguration(next.Version, ConfigurationText.Mask(next.Text), now, by.Id);
        try
        {
            var added = await store.AddAsync(next, applied, ConfigurationChanges.Entry(now, by, action, before, next.Version));
            return added ? ApplyObstacle.None : ApplyObstacle.VersionChanged;
        }
        catch (Exception failed) when (IsOfStore(failed))
        {
            // It may have been added all the same: then the next look finds it.
            log.NotApplied(failed.Message);
            return ApplyObstacle.StoreUnavailable;
        }
    }

    private async Task<string> NewestAsync(CancellationToken cancellation)
    {
        await CatchUpAsync(cancellation);
        return _newest?.Version ?? source.Current.Version;
    }

    private sealed record RefusedVersion(SharedText Version, IReadOnlyList<Fault> Faults, int Reloads);
}

internal static partial class SharedConfigurationLog
{
    [LoggerMessage(1910, LogLevel.Warning, "The cluster's store cannot be read; configuration {Version} stays in force: {Reason}")]
    public static partial void Blind(this ILogger log, string version, string reason);

    [LoggerMessage(1911, LogLevel.Information, "The cluster's configuration can be read again")]
    public static partial void Sees(this ILogger log);

    [LoggerMessage(1912, LogLevel.Error, "Version {Version} of the cluster's configuration is refused on this node; version {InForce} stays in force")]
    public static partial void VersionRefused(this ILogger log, string version, string inForce);

    [LoggerMessage(1913, LogLevel.Warning, "Begins with configuration {Version}, from: {Origin}; the cluster's newest could not be had")]
    public static partial void BeganWithout(this ILogger log, string version, string origin);

    [LoggerMessage(1914, LogLevel.Information, "Version {Version} of the cluster's configuration is in force; this node's file says something else and is gone by for the node's own sections only")]
    public static partial void FileDiffers(this ILogger log, string version);

    [LoggerMessage(1915, LogLevel.Warning, "The configuration file was changed and is not in force: version {Version} of the cluster is. Apply it by 'gateway config apply', or put it back")]
    public static partial void FileEdited(this ILogger log, string version);

    [LoggerMessage(1916, LogLevel.Warning, "Configuration {Version} cannot be kept in the state folder, for a start without the cluster's store: {Reason}")]
    public static partial void NotKept(this ILogger log, string version, string reason);

    [LoggerMessage(1917, LogLevel.Error, "The cluster's store did not say that it has the configuration: {Reason}")]
    public static partial void NotApplied(this ILogger log, string reason);

    [LoggerMessage(1918, LogLevel.Error, "The cluster has no configuration, and this file is not divided into sections by lines, so that the node's own cannot be told apart; write it in block style")]
    public static partial void NotSeeded(this ILogger log);
}
