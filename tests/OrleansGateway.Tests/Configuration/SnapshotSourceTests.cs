using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class SnapshotSourceTests : IDisposable
{
    private static CancellationToken Never => TestContext.Current.CancellationToken;

    private readonly TestFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<SnapshotSource> _log = new();
    private readonly SnapshotSource _source;

    public SnapshotSourceTests()
    {
        _folder.Write("gateway.yaml", TestFolder.Good);
        _source = new SnapshotSource(_folder.ConfigPath, _folder.Environment.GetValueOrDefault, _time, _log);
        Assert.Empty(_source.Load());
    }

    [Fact]
    public void Load_WhenTheFileIsValid_RunsItAsTheFirst()
    {
        Assert.Matches("^1-[0-9a-f]{8}$", _source.Current.Version);
        Assert.Equal(_time.GetUtcNow(), _source.LastLoadedAt);
        Assert.Contains("fast", _source.Current.Models.Keys);
        Assert.Contains(KeyHash.Of(TestFolder.KeySecret), _source.Current.Keys.Keys);
    }

    [Fact]
    public void Load_WhenTheFileIsInvalid_AnswersItsFaultsAndRunsNothing()
    {
        _folder.Write("bad.yaml", "state: x");
        using var source = new SnapshotSource(_folder.PathOf("bad.yaml"), _ => null, _time, _log);
        Assert.NotEmpty(source.Load());
        Assert.Throws<InvalidOperationException>(() => source.Current);
    }

    [Fact]
    public async Task Reload_WhenTheFileIsValidAndDifferent_SwapsTheSnapshot()
    {
        var old = _source.Current;
        _time.Advance(TimeSpan.FromMinutes(1));
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7s\n");

        var result = await _source.ReloadAsync(Never);

        Assert.True(result.Changed);
        Assert.Empty(result.Faults);
        Assert.Equal(_source.Current.Version, result.Version);
        Assert.StartsWith("2-", result.Version, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(7), _source.Current.Settings.DrainTimeout);
        Assert.NotEqual(TimeSpan.FromSeconds(7), old.Settings.DrainTimeout);
        Assert.Equal(_time.GetUtcNow(), _source.LastLoadedAt);
        Assert.Contains($"Information 1101 Configuration version {old.Version} replaced by {result.Version}", _log.Lines);
    }

    [Fact]
    public async Task Reload_WhenTheFileIsInvalid_KeepsTheRunningOneAndLogsEveryFault()
    {
        var old = _source.Current;
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7\nother: 1\n");

        var result = await _source.ReloadAsync(Never);

        Assert.Same(old, _source.Current);
        Assert.Equal((old.Version, false, 2), (result.Version, result.Changed, result.Faults.Count));
        Assert.Equal(result.Faults, _source.LastFaults);
        Assert.Equal(
            [$"Error 1102 Configuration {_folder.ConfigPath} refused, 2 faults; version {old.Version} stays", .. result.Faults.Select(f => $"Error 1103 Configuration fault {f}")],
            _log.Lines.Skip(1));
    }

    [Fact]
    public async Task Reload_WhenTheFileIsValidAgain_ForgetsTheFaults()
    {
        _folder.Write("gateway.yaml", "x");
        await _source.ReloadAsync(Never);
        _folder.Write("gateway.yaml", TestFolder.Good);
        Assert.False((await _source.ReloadAsync(Never)).Changed);
        Assert.Empty(_source.LastFaults);
    }

    [Fact]
    public async Task Reload_WhenNothingChanged_KeepsTheSnapshot()
    {
        var old = _source.Current;
        Assert.False((await _source.ReloadAsync(Never)).Changed);
        Assert.Same(old, _source.Current);
    }

    [Fact]
    public async Task Reload_WhenOnlyASecretsFileChanged_TakesTheNewSecretUnderANewVersion()
    {
        var old = _source.Current.Version;
        _folder.Write("app-key", "another-key-0123456789");
        var result = await _source.ReloadAsync(Never);
        Assert.True(result.Changed);
        Assert.Equal((old[1..], "2"), (result.Version[1..], result.Version[..1]));
        Assert.Contains(KeyHash.Of("another-key-0123456789"), _source.Current.Keys.Keys);
    }

    [Fact]
    public async Task Reload_WhenOnlyAVariableChanged_TakesItsNewValue()
    {
        _folder.Environment["OPENAI_KEY"] = "new";
        Assert.True((await _source.ReloadAsync(Never)).Changed);
        Assert.Equal("new", _source.Current.Providers["openai"].Settings.ApiKey!.Reveal());
    }

    [Fact]
    public async Task Reload_WhenAPreparerRefuses_KeepsTheRunningOneAndTriesAgainNextTime()
    {
        var (old, refusal) = (_source.Current, (string?)"Address 127.0.0.1:1 is in use.");
        _source.Prepare((next, _) => Task.FromResult(next.Settings.DrainTimeout == TimeSpan.FromSeconds(7) ? refusal : "wrong snapshot"));
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7s\n");

        var refused = await _source.ReloadAsync(Never);
        Assert.Same(old, _source.Current);
        Assert.Equal("Address 127.0.0.1:1 is in use.", Assert.Single(refused.Faults).Message);

        refusal = null;
        Assert.StartsWith("2-", (await _source.ReloadAsync(Never)).Version, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state: elsewhere\n", "state", 80)]
    [InlineData("listeners:\n  admin: 127.0.0.1:9999\n", "listeners.admin", 81)]
    [InlineData("telemetry:\n  traces:\n    endpoint: http://127.0.0.1:4318\n", "telemetry.traces.endpoint", 82)]
    [InlineData("telemetry:\n  metrics:\n    endpoint: http://127.0.0.1:4318\n", "telemetry.metrics.endpoint", 82)]
    public async Task Reload_WhenASettingOfTheStartChanges_IsRefused(string change, string path, int line)
    {
        var old = _source.Current;
        _folder.Write("gateway.yaml", TestFolder.Good + change);
        var fault = Assert.Single((await _source.ReloadAsync(Never)).Faults);
        Assert.Equal((path, line - 2), (fault.Path, fault.Line));
        Assert.Contains("restart", fault.Message, StringComparison.Ordinal);
        Assert.Same(old, _source.Current);
    }

    [Fact]
    public async Task Reload_WhenAskedTwiceAtOnce_RunsOneAfterTheOther()
    {
        var (running, atOnce) = (0, 0);
        var gate = new TaskCompletionSource();
        _source.Prepare(async (_, _) =>
        {
            atOnce = Math.Max(atOnce, Interlocked.Increment(ref running));
            await gate.Task;
            Interlocked.Decrement(ref running);
            return null;
        });
        _folder.Write("gateway.yaml", TestFolder.Good + "drain_timeout: 7s\n");
        var reloads = new[] { _source.ReloadAsync(Never), _source.ReloadAsync(Never) };
        gate.SetResult();
        var results = await Task.WhenAll(reloads);
        Assert.Equal(1, atOnce);
        Assert.Equal([true, false], results.Select(r => r.Changed));
    }

    [Fact]
    public async Task Reload_WhateverHappens_LogsNoSecret()
    {
        _folder.Write("gateway.yaml", TestFolder.Good.Replace("kind: fake", "kind: ${OPENAI_KEY}", StringComparison.Ordinal));
        await _source.ReloadAsync(Never);
        Assert.DoesNotContain(_log.Lines, l => l.Contains(TestFolder.OpenAIKey, StringComparison.Ordinal) || l.Contains(TestFolder.KeySecret, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }
}
