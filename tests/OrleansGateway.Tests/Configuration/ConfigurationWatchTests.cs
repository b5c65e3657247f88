using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class ConfigurationWatchTests : IDisposable
{
    private static CancellationToken Never => TestContext.Current.CancellationToken;

    private readonly TestFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<SnapshotSource> _log = new();
    private readonly SnapshotSource _source;
    private readonly ConfigurationWatch _watch;

    public ConfigurationWatchTests()
    {
        _folder.Write("gateway.yaml", TestFolder.Good);
        _source = new SnapshotSource(_folder.ConfigPath, _folder.Environment.GetValueOrDefault, _time, _log);
        _watch = new ConfigurationWatch(_source, _time);
        Assert.Empty(_source.Load());
    }

    private int Refusals => _log.Lines.Count(l => l.StartsWith("Error 1102", StringComparison.Ordinal));

    [Fact]
    public async Task Look_WhenNothingChanged_ReloadsNothing()
    {
        await LookAsync(5);
        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task Look_WhenTheFileChanged_ReloadsOnceItIsTheSameTwice()
    {
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7s\n");
        await LookAsync(1);
        Assert.StartsWith("1-", _source.Current.Version, StringComparison.Ordinal);
        await LookAsync(1);
        Assert.StartsWith("2-", _source.Current.Version, StringComparison.Ordinal);
        await LookAsync(5);
        Assert.StartsWith("2-", _source.Current.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Look_WhileTheFileKeepsChanging_Waits()
    {
        for (var i = 1; i <= 5; i++)
        {
            _folder.Write("gateway.yaml", TestFolder.Good + new string('#', i));
            await LookAsync(1);
        }

        Assert.StartsWith("1-", _source.Current.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Look_WhenTheNewFileIsInvalid_TriesItOnceUntilItChangesAgain()
    {
        _folder.Write("gateway.yaml", "x: 1");
        await LookAsync(6);
        Assert.Equal(1, Refusals);
        _folder.Write("gateway.yaml", "xx: 1");
        await LookAsync(6);
        Assert.Equal(2, Refusals);
    }

    [Fact]
    public async Task Look_WhenASecretsFileChanged_Reloads()
    {
        _folder.Write("app-key", "another-key-0123456789");
        await LookAsync(2);
        Assert.Contains(KeyHash.Of("another-key-0123456789"), _source.Current.Keys.Keys);
    }

    [Fact]
    public async Task Look_WhenASecretsFileWasMissingAndComes_Reloads()
    {
        _folder.Write("gateway.yaml", TestFolder.Good.Replace("file:app-key", "file:later-key", StringComparison.Ordinal));
        await LookAsync(2);
        Assert.Equal(1, Refusals);
        _folder.Write("later-key", "another-key-0123456789");
        await LookAsync(2);
        Assert.StartsWith("2-", _source.Current.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Look_WhenTheFileIsGoneAndComesBack_KeepsRunning()
    {
        File.Delete(_folder.ConfigPath);
        await LookAsync(2);
        Assert.Equal(1, Refusals);
        _folder.Write("gateway.yaml", TestFolder.Good);
        await LookAsync(2);
        Assert.Empty(_source.LastFaults);
    }

    [Fact]
    public async Task Look_WhenASymbolicLinkAboveTheFileIsTurned_Reloads()
    {
        // As Kubernetes mounts a ConfigMap: gateway.yaml -> ..data/gateway.yaml, ..data -> ..2026_01, and a change turns ..data.
        foreach (var (version, drain) in new[] { ("..2026_01", "5s"), ("..2026_02", "7s") })
        {
            Directory.CreateDirectory(_folder.PathOf(version));
            _folder.Write($"{version}/gateway.yaml", $"drain_timeout: {drain}\nroutes: {{ default: {{}} }}\n");
        }

        File.SetLastWriteTimeUtc(_folder.PathOf("..2026_01/gateway.yaml"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Directory.CreateSymbolicLink(_folder.PathOf("..data"), "..2026_01");
        File.CreateSymbolicLink(_folder.PathOf("mounted.yaml"), "..data/gateway.yaml");
        using var source = new SnapshotSource(_folder.PathOf("mounted.yaml"), _ => null, _time, _log);
        Assert.Empty(source.Load());
        var watch = new ConfigurationWatch(source, _time);

        Directory.Delete(_folder.PathOf("..data"));
        Directory.CreateSymbolicLink(_folder.PathOf("..data"), "..2026_02");
        await watch.LookAsync(Never);
        await watch.LookAsync(Never);

        Assert.Equal(TimeSpan.FromSeconds(7), source.Current.Settings.DrainTimeout);
    }

    [Fact(Timeout = 30_000)]
    public async Task Watch_WhileTimeGoesOn_LooksOnceASecondUntilCancelled()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Never);
        var swapped = new TaskCompletionSource();
        _source.Prepare((_, _) =>
        {
            swapped.TrySetResult();
            return Task.FromResult<string?>(null);
        });
        var watching = _source.WatchAsync(record: null, stop.Token);
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7s\n");

        while (!swapped.Task.IsCompleted && !watching.IsCompleted)
        {
            Never.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.False(watching.IsCompleted);
        await stop.CancelAsync();
        await watching;
    }

    private async Task LookAsync(int times)
    {
        for (var i = 0; i < times; i++) await _watch.LookAsync(Never);
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }
}
