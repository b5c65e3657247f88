namespace OrleansGateway.Configuration;

/// <summary>What came of a reload.</summary>
/// <param name="Version">Version of the configuration that is running now.</param>
/// <param name="Changed">Whether it is a new one.</param>
/// <param name="Faults">Why the file was refused and the old one kept; none if it was not.</param>
internal sealed record ReloadResult(string Version, bool Changed, IReadOnlyList<Fault> Faults);

/// <summary>
/// Makes ready for a new snapshot, such as by binding the addresses it adds, before it takes over. Answers why that cannot be done, which refuses
/// the snapshot; or nothing.
/// </summary>
internal delegate Task<string?> SnapshotPreparer(Snapshot next, CancellationToken cancellation);

/// <summary>Holds the running configuration and swaps it, whole, for a valid new one. An invalid one is refused whole and the running one stays.</summary>
internal sealed class SnapshotSource(string path, Func<string, string?> environment, TimeProvider time, ILogger<SnapshotSource> log) : IDisposable
{
    private readonly ConfigurationReader _reader = new(environment);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<SnapshotPreparer> _preparers = [];
    private volatile Running? _running;
    private volatile Reading? _tried;
    private volatile IReadOnlyList<Fault> _lastFaults = [];
    private int _sequence;

    /// <summary>The running configuration. Only after <see cref="Load"/> has succeeded.</summary>
    public Snapshot Current => Loaded.Snapshot;

    /// <summary>Whether a configuration is running.</summary>
    public bool IsLoaded => _running is not null;

    /// <summary>Why the last reload was refused; none if it was not.</summary>
    public IReadOnlyList<Fault> LastFaults => _lastFaults;

    /// <summary>When the running configuration took over.</summary>
    public DateTimeOffset LastLoadedAt => Loaded.At;

    /// <summary>The files that the last reading went by, and what they were like; for the watch.</summary>
    public IReadOnlyDictionary<string, FileStamp> Files => _tried?.Files ?? new Dictionary<string, FileStamp>();

    private Running Loaded => _running ?? throw new InvalidOperationException("No configuration has been loaded yet.");

    /// <summary>Asks to be heard before a snapshot takes over in a reload. In order; the first to say no ends it. Not while a reload may run.</summary>
    public void Prepare(SnapshotPreparer preparer) => _preparers.Add(preparer);

    /// <summary>Told what came of each reload.</summary>
    public Action<ReloadResult>? Reloaded { get; set; }

    /// <summary>Reads the first configuration; once, at the start. Answers its faults, or none and it is running.</summary>
    public IReadOnlyList<Fault> Load()
    {
        var reading = _tried = _reader.Read(path);
        if (reading.Settings is { } settings)
        {
            Swap(Compile(settings, reading), reading);
            log.Loaded(path, Current.Version);
        }

        return reading.Faults;
    }

    /// <summary>Reads all again and swaps it in if it is valid and different. One at a time; a second call waits for the first.</summary>
    public async Task<ReloadResult> ReloadAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var result = await ReloadInTurnAsync(cancellation);
            Reloaded?.Invoke(result);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reloads whenever a file it goes by has changed, until cancelled.</summary>
    public Task WatchAsync(CancellationToken cancellation) => new ConfigurationWatch(this, time).RunAsync(cancellation);

    private async Task<ReloadResult> ReloadInTurnAsync(CancellationToken cancellation)
    {
        var reading = _tried = _reader.Read(path);
        if (reading.Settings is not { } settings) return Refuse(reading.Faults);
        if (reading.Fingerprint == Loaded.Fingerprint)
        {
            _lastFaults = [];
            return new ReloadResult(Current.Version, Changed: false, []);
        }

        if (NeedsRestart(settings, reading.Findings) is { Count: > 0 } faults) return Refuse(faults);
        var next = Compile(settings, reading);
        foreach (var preparer in _preparers)
        {
            if (await preparer(next, cancellation) is { } reason) return Refuse([new Fault(path, 0, 0, "", reason)]);
        }

        var old = Current.Version;
        Swap(next, reading);
        log.Swapped(old, next.Version);
        return new ReloadResult(next.Version, Changed: true, []);
    }

    public void Dispose() => _turn.Dispose();

    private Snapshot Compile(GatewaySettings settings, Reading reading) => Snapshot.Compile(settings, _sequence + 1, reading.Text);

    private void Swap(Snapshot next, Reading reading)
    {
        _running = new Running(next, reading.Fingerprint, time.GetUtcNow());
        _sequence++;
        _lastFaults = [];
    }

    private ReloadResult Refuse(IReadOnlyList<Fault> faults)
    {
        _lastFaults = faults;
        log.Refused(path, faults.Count, Current.Version);
        foreach (var fault in faults) log.Fault(fault);
        return new ReloadResult(Current.Version, Changed: false, faults);
    }

    private IReadOnlyList<Fault> NeedsRestart(GatewaySettings next, Findings findings)
    {
        const string Message = "This is read at start only; restart the gateway to change it, or put it back.";
        var running = Current.Settings;
        if (next.State != running.State) findings.Report("", "state", Message);
        if (!next.Listeners.Admin.Equals(running.Listeners.Admin)) findings.Report("listeners", "admin", Message);
        foreach (var (owner, field) in TelemetryRules.FixedChanges(running.Telemetry, next.Telemetry)) findings.Report(owner, field, Message);
        return findings.Faults;
    }

    // One object, so that a reader on another thread never sees half of a swap.
    private sealed record Running(Snapshot Snapshot, string Fingerprint, DateTimeOffset At);
}

internal static partial class ConfigurationLog
{
    [LoggerMessage(1100, LogLevel.Information, "Configuration {Path} loaded, version {Version}")]
    public static partial void Loaded(this ILogger log, string path, string version);

    [LoggerMessage(1101, LogLevel.Information, "Configuration version {Old} replaced by {Version}")]
    public static partial void Swapped(this ILogger log, string old, string version);

    [LoggerMessage(1102, LogLevel.Error, "Configuration {Path} refused, {Faults} faults; version {Version} stays")]
    public static partial void Refused(this ILogger log, string path, int faults, string version);

    [LoggerMessage(1103, LogLevel.Error, "Configuration fault {Fault}")]
    public static partial void Fault(this ILogger log, Fault fault);
}
