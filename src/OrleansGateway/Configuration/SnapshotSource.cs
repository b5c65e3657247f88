namespace OrleansGateway.Configuration;

/// <summary>What came of a reload.</summary>
/// <param name="Version">Version of the configuration that is running now.</param>
/// <param name="Changed">Whether it is a new one.</param>
/// <param name="Faults">Why the file was refused and the old one kept; none if it was not.</param>
/// <param name="Before">Version of the configuration that was running before.</param>
internal sealed record ReloadResult(string Version, bool Changed, IReadOnlyList<Fault> Faults, string Before);

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
    private volatile string _file = "";
    private int _sequence;
    private volatile int _reloads;

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

    /// <summary>Whether what is not the node's own is a cluster's: a text is then looked at for that only. Set at the start.</summary>
    public bool IsOfCluster { get; set; }

    /// <summary>The version of the cluster's configuration that is running; none while the file is.</summary>
    public SharedText? Shared => Loaded.Shared;

    /// <summary>How often files were read anew: what was refused for want of one may be right then.</summary>
    public int Reloads => _reloads;

    /// <summary>Text of the file as it was last read and not refused: its own sections are in force, and in a cluster nothing else of it.</summary>
    public string FileText => _file;

    /// <summary>Folder of the configuration file, where relative paths start.</summary>
    public string Folder => Path.GetDirectoryName(Path.GetFullPath(path))!;

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
            _file = reading.File;
            Swap(Compile(settings, reading), reading);
            log.Loaded(path, Current.Version);
            foreach (var warning in reading.Findings.Warnings) log.Warned(warning);
        }

        return reading.Faults;
    }

    /// <summary>Text of the running configuration, as it is in its file; of a cluster's, without what is the node's own.</summary>
    public string Text => Loaded.Text;

    /// <summary>Reads all again and swaps it in if it is valid and different. One at a time; a second call waits for the first.</summary>
    public Task<ReloadResult> ReloadAsync(CancellationToken cancellation) => ReloadAsync(record: null, cancellation);

    /// <summary>The same; <paramref name="record"/> notes what came of it before the next reload can begin.</summary>
    public async Task<ReloadResult> ReloadAsync(ReloadRecorder? record, CancellationToken cancellation)
    {
        using var turn = await TakeTurnAsync(cancellation);
        var reading = _tried = Loaded.Shared is { } shared ? _reader.Read(path, shared) : _reader.Read(path);
        _reloads++;
        var (result, _) = await SwapAsync(reading, commit: null, cancellation);
        // What was refused, such as for want of a restart, must not keep the cluster's versions out.
        if (result.Faults.Count == 0) _file = reading.File;
        await TellAsync(result, record);
        return result;
    }

    /// <summary>Takes a version of the cluster's configuration over in place of <paramref name="former"/>; nothing if another is running by now.</summary>
    public async Task<ReloadResult> TakeAsync(SharedText next, SharedText? former, CancellationToken cancellation)
    {
        using var turn = await TakeTurnAsync(cancellation);
        if (Loaded.Shared != former) return Unchanged();
        var reading = _reader.Read(path, next, _file);
        var (result, _) = await SwapAsync(reading, commit: null, cancellation);
        Watch(reading);
        await TellAsync(result, record: null);
        return result;
    }

    /// <summary>
    /// Makes a text the cluster's next version. All or nothing: it is checked and made ready here, then <paramref name="commit"/> brings it to where the cluster keeps it, and only then is it
    /// swapped in.
    /// </summary>
    /// <param name="text">The document, as an admin sent it.</param>
    /// <param name="newest">The version that it follows, whether it is running here or not; none for the first.</param>
    /// <param name="isStale">Whether it was made from another version: then it is refused, unless it is the same.</param>
    /// <param name="commit">Keeps it, unless another was first.</param>
    public async Task<ApplyResult> OfferAsync(string text, SharedText? newest, bool isStale, Func<SharedText, Task<ApplyObstacle>> commit)
    {
        using var turn = await TakeTurnAsync(CancellationToken.None);
        var (filled, faults) = Fill(text, newest?.Text ?? Loaded.Text);
        var next = new SharedText((newest?.Sequence ?? 0) + 1, filled);
        if (newest is not null && filled == newest.Text && Loaded.Shared == newest) return new ApplyResult(Unchanged());
        if (isStale) return new ApplyResult(Unchanged(), ApplyObstacle.VersionChanged);
        if (faults.Count > 0) return new ApplyResult(Unchanged() with { Faults = faults });
        var reading = _reader.Read(path, next, _file);
        // Not to be cancelled: a client that hangs up must not leave what became of it unknown here.
        var applied = await SwapAsync(reading, () => commit(next), CancellationToken.None);
        if (applied.Reload.Changed) Watch(reading);
        await TellAsync(applied.Reload, record: null);
        return applied;
    }

    /// <summary>What is wrong with a text that is to be the configuration; none if it could take over now. Changes nothing.</summary>
    public IReadOnlyList<Fault> Check(string text)
    {
        var (filled, missing) = Fill(text, Loaded.Text);
        if (missing.Count > 0 && IsOfCluster) return missing;
        var reading = IsOfCluster ? _reader.Read(path, new SharedText(0, filled), _file) : _reader.Read(path, filled);
        if (reading.Settings is not { } settings) return reading.Faults;
        return missing.Count > 0 ? missing : NeedsRestart(settings, reading.Findings);
    }

    /// <summary>The text that an admin's would be, its masked secrets filled in, and without what is a node's own.</summary>
    public string Filled(string text) => Fill(text, Loaded.Text).Text;

    /// <summary>
    /// Puts a text in the place of the configuration file, if it is valid, and swaps it in. All or nothing: what is refused leaves the file as it is. Masked
    /// secrets are taken from the running configuration. A text that is running already changes nothing, whatever version was expected.
    /// </summary>
    public async Task<ApplyResult> ApplyAsync(ApplyRequest request, ReloadRecorder? record, CancellationToken cancellation)
    {
        using var turn = await TakeTurnAsync(cancellation);
        var (text, missing) = Fill(request.Text, Loaded.Text);
        if (text == Loaded.Text && _reader.Read(path).Text == text) return new ApplyResult(Unchanged());
        if (request.Version is { } expected && expected != Current.Version) return new ApplyResult(Unchanged(), ApplyObstacle.VersionChanged);
        // An edit that has not been taken over, or was refused, would be lost without a word.
        if (!request.OverEdits && _reader.Read(path).Text != Loaded.Text) return new ApplyResult(Unchanged(), ApplyObstacle.FileChanged);
        if (missing.Count > 0) return new ApplyResult(Unchanged() with { Faults = missing });
        try
        {
            using var staged = StagedFile.Write(path, text);
            var reading = _reader.Read(path, text);
            // Not to be cancelled: a client that hangs up must not leave the file changed and its record unwritten.
            var applied = await SwapAsync(reading, () => Task.FromResult(Commit(staged, reading)), CancellationToken.None);
            if (applied.Obstacle == ApplyObstacle.None) await TellAsync(applied.Reload, record);
            return applied;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return NotWritable(refused);
        }
    }

    /// <summary>Reloads whenever a file it goes by has changed, until cancelled.</summary>
    public Task WatchAsync(ReloadRecorder? record, CancellationToken cancellation) => new ConfigurationWatch(this, time, record).RunAsync(cancellation);

    private ReloadResult Unchanged() => new(Current.Version, Changed: false, [], Current.Version);

    /// <summary>Stars as the secrets that they stand for; and, in a cluster, only what is for all nodes.</summary>
    private (string Text, IReadOnlyList<Fault> Faults) Fill(string text, string running)
    {
        var sent = text.TrimStart('\uFEFF');
        var (common, faults) = IsOfCluster ? Common(sent) : (sent, []);
        if (faults.Count > 0) return (common, faults);
        var (filled, missing) = ConfigurationText.Fill(common, running);
        return (filled, [.. missing.Select(p => new Fault(IsOfCluster ? SharedText.Name : path, 0, 0, p,
            "The secret is masked, and the running configuration has none here to put in its place."))]);
    }

    // Faults are those of the text as it was sent, so that they name its lines.
    private (string Text, IReadOnlyList<Fault> Faults) Common(string sent)
    {
        if (NodeSections.Changes(sent, _file) is { Count: > 0 } changes) return (sent, changes);
        var common = NodeSections.Without(sent);
        if (common == sent) return (sent, []);
        if (common is { Length: > 0 }) return (common, _reader.Read(path, new SharedText(0, ConfigurationText.Fill(sent, Loaded.Text).Text), _file).Faults);
        return (sent, [new Fault(SharedText.Name, 1, 1, "", common is null
            ? $"The sections {string.Join(", ", NodeSections.Names)} are each node's own, and cannot be told apart in this text; take them out."
            : "There is nothing for the cluster in it: it has only sections that are each node's own.")]);
    }

    private async Task TellAsync(ReloadResult result, ReloadRecorder? record)
    {
        Reloaded?.Invoke(result);
        if (record is not null) await record(result);
    }

    private async Task<ApplyResult> SwapAsync(Reading reading, Func<Task<ApplyObstacle>>? commit, CancellationToken cancellation)
    {
        if (reading.Settings is not { } settings) return new(Refuse(reading.Faults));
        if (reading.Fingerprint == Loaded.Fingerprint && reading.Shared == Loaded.Shared)
        {
            _lastFaults = [];
            return new(Unchanged(), commit is null ? ApplyObstacle.None : await commit());
        }

        if (NeedsRestart(settings, reading.Findings) is { Count: > 0 } faults) return new(Refuse(faults));
        var next = Compile(settings, reading);
        foreach (var preparer in _preparers)
        {
            if (await preparer(next, cancellation) is { } reason) return new(Refuse([new Fault(reading.Shared is null ? path : SharedText.Name, 0, 0, "", reason)]));
        }

        var obstacle = commit is null ? ApplyObstacle.None : await commit();
        if (obstacle != ApplyObstacle.None)
        {
            // What was made ready is undone: the running configuration goes on.
            foreach (var preparer in _preparers) await preparer(Current, CancellationToken.None);
            return new(Unchanged(), obstacle);
        }

        var old = Current.Version;
        Swap(next, reading);
        log.Swapped(old, next.Version);
        foreach (var warning in reading.Findings.Warnings) log.Warned(warning);
        return new(new ReloadResult(next.Version, Changed: true, [], old));
    }

    private ApplyObstacle Commit(StagedFile staged, Reading reading)
    {
        try
        {
            staged.Commit();
            // The watch must not take our own writing for someone's edit.
            var config = Path.GetFullPath(path);
            _tried = reading with { Files = reading.Files.ToDictionary(f => f.Key, f => f.Key == config ? FileStamp.Of(config) : f.Value) };
            return ApplyObstacle.None;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return NotWritable(refused).Obstacle;
        }
    }

    private ApplyResult NotWritable(Exception refused)
    {
        log.NotWritten(path, refused.Message);
        return new ApplyResult(Unchanged(), ApplyObstacle.NotWritable);
    }

    // The secrets' files that a version names are watched from now on; but an edit of the configuration file that nobody has seen yet is still one.
    private void Watch(Reading reading)
    {
        var config = Path.GetFullPath(path);
        _tried = reading with { Files = reading.Files.ToDictionary(f => f.Key, f => f.Key == config ? Files.GetValueOrDefault(config, f.Value) : f.Value) };
    }

    private async Task<Turn> TakeTurnAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        return new Turn(_turn);
    }

    public void Dispose() => _turn.Dispose();

    private Snapshot Compile(GatewaySettings settings, Reading reading) => Snapshot.Compile(settings, reading.Shared?.Sequence ?? _sequence + 1, reading.Text, time);

    private void Swap(Snapshot next, Reading reading)
    {
        _running = new Running(next, reading.Fingerprint, reading.Text, reading.Shared, time.GetUtcNow());
        _sequence++;
        _lastFaults = [];
    }

    private ReloadResult Refuse(IReadOnlyList<Fault> faults)
    {
        _lastFaults = faults;
        log.Refused(IsOfCluster && faults.All(f => f.File == SharedText.Name) ? SharedText.Name : path, faults.Count, Current.Version);
        foreach (var fault in faults) log.Fault(fault);
        return Unchanged() with { Faults = faults };
    }

    private IReadOnlyList<Fault> NeedsRestart(GatewaySettings next, Findings findings)
    {
        const string Message = "This is read at start only; restart the gateway to change it, or put it back.";
        var running = Current.Settings;
        if (next.State != running.State) findings.Report("", "state", Message);
        if (!next.Listeners.Admin.Equals(running.Listeners.Admin)) findings.Report("listeners", "admin", Message);
        if (ClusterSettings.Changed(running.Cluster, next.Cluster)) findings.Report("", "cluster", Message);
        foreach (var (owner, field) in TelemetryRules.FixedChanges(running.Telemetry, next.Telemetry)) findings.Report(owner, field, Message);
        return findings.Faults;
    }

    // One object, so that a reader on another thread never sees half of a swap.
    private sealed record Running(Snapshot Snapshot, string Fingerprint, string Text, SharedText? Shared, DateTimeOffset At);

    private readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}

internal static partial class ConfigurationLog
{
    [LoggerMessage(1100, LogLevel.Information, "Configuration {Path} loaded, version {Version}")]
    public static partial void Loaded(this ILogger log, string path, string version);

    [LoggerMessage(1101, LogLevel.Information, "Configuration version {Old} replaced by {Version}")]
    public static partial void Swapped(this ILogger log, string old, string version);

    [LoggerMessage(1102, LogLevel.Error, "Configuration {Path} refused, {Faults} faults; version {Version} stays")]
    public static partial void Refused(this ILogger log, string path, int faults, string version);

    [LoggerMessage(1104, LogLevel.Error, "Configuration {Path} cannot be written: {Reason}")]
    public static partial void NotWritten(this ILogger log, string path, string reason);

    [LoggerMessage(1103, LogLevel.Error, "Configuration fault {Fault}")]
    public static partial void Fault(this ILogger log, Fault fault);

    [LoggerMessage(1105, LogLevel.Warning, "Configuration warning {Warning}")]
    public static partial void Warned(this ILogger log, Fault warning);
}
