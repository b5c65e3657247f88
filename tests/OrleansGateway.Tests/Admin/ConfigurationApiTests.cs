using System.Net;
using System.Text.Json;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Admin;

/// <summary>The configuration, read and changed over the admin API, in a real file.</summary>
public sealed class ConfigurationApiTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Changed => AdminHost.Yaml + "drain_timeout: 7s\n";

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Document_WithLiteralSecrets_ShowsStarsAndKeepsTheRest()
    {
        var (response, text) = await _host.CallAsync("GET", "/admin/v1/config/document");
        Assert.Equal($"\"{_host.Source.Current.Version}\"", response.Headers.ETag!.Tag);
        Assert.Equal(
            AdminHost.Yaml.Replace("a-key-from-the-configuration", "\"***\"", StringComparison.Ordinal)
                .Replace("sk-literal-0123456789", "\"***\"", StringComparison.Ordinal).Replace("'a secret, too'", "\"***\"", StringComparison.Ordinal),
            text);
    }

    [Fact]
    public async Task Put_OfTheDocumentAsShown_ChangesNothing()
    {
        var before = _host.Source.Current.Version;
        var (_, text) = await _host.CallAsync("GET", "/admin/v1/config/document");
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(text, before)).Response.StatusCode);
        Assert.Equal((before, AdminHost.Yaml), (_host.Source.Current.Version, await FileAsync()));
    }

    [Fact]
    public async Task Put_OfAnEditedDocumentWithStars_KeepsTheSecretsAndIsInForce()
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_host.ConfigPath, mode);
        var (_, text) = await _host.CallAsync("GET", "/admin/v1/config/document");
        var (response, body) = await PutAsync(text + "drain_timeout: 7s\n", _host.Source.Current.Version);
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        Assert.Equal(TimeSpan.FromSeconds(7), _host.Source.Current.Settings.DrainTimeout);
        Assert.Equal("sk-literal-0123456789", _host.Source.Current.Settings.Providers["mock"].ApiKey!.Reveal());
        Assert.Equal(Changed, await FileAsync());
        if (!OperatingSystem.IsWindows()) Assert.Equal(mode, File.GetUnixFileMode(_host.ConfigPath));
        Assert.False(File.Exists(StagedFile.NameFor(_host.ConfigPath)));
        Assert.Equal(["config.apply"], await ActionsAsync(1));
    }

    [Fact]
    public async Task Put_SentTwice_AnswersTheSameAndChangesOnce()
    {
        var before = _host.Source.Current.Version;
        var first = await PutAsync(Changed, before);
        var second = await PutAsync(Changed, before);
        Assert.Equal((HttpStatusCode.OK, first.Body), (second.Response.StatusCode, second.Body));
        Assert.Equal(2, (await _host.GetAsync("/admin/v1/config/history")).Body.GetProperty("versions").GetArrayLength());
    }

    [Fact]
    public async Task Put_BuiltOnAnotherVersion_IsRefusedAndChangesNothing()
    {
        var before = _host.Source.Current.Version;
        await PutAsync(Changed, before);
        var (response, body) = await PutAsync(AdminHost.Yaml + "drain_timeout: 9s\n", before);
        Assert.Equal((412, "version_changed"), ((int)response.StatusCode, Code(body)));
        Assert.Equal(Changed, await FileAsync());
        Assert.Equal((428, "version_required"), await CodeOfAsync("PUT", "/admin/v1/config", Changed));
    }

    [Fact]
    public async Task Put_WhenManyRace_LetsOneWin()
    {
        var before = _host.Source.Current.Version;
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => PutAsync(AdminHost.Yaml + $"drain_timeout: {i}s\n", before)));
        Assert.Equal(1, answers.Count(a => a.Response.StatusCode == HttpStatusCode.OK));
        Assert.Equal(7, answers.Count(a => a.Response.StatusCode == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Put_WithFaults_ListsEveryOneAndChangesNothing()
    {
        var (response, body) = await PutAsync(AdminHost.Yaml + "drain_timeout: 7\nother: 1\n", _host.Source.Current.Version);
        Assert.Equal((422, "invalid_configuration"), ((int)response.StatusCode, Code(body)));
        Assert.Equal(2, JsonElement.Parse(body).GetProperty("errors").GetArrayLength());
        Assert.Equal(AdminHost.Yaml, await FileAsync());
        Assert.False(File.Exists(StagedFile.NameFor(_host.ConfigPath)));
    }

    [Fact]
    public async Task Put_WhereTheFileHoldsAnEditNotInForce_DoesNotWriteOverIt()
    {
        await File.WriteAllTextAsync(_host.ConfigPath, "broken: [", Cancel);
        var (response, body) = await PutAsync(Changed, _host.Source.Current.Version);
        Assert.Equal((412, "config_file_changed"), ((int)response.StatusCode, Code(body)));
        Assert.Equal("broken: [", await FileAsync());
    }

    [Fact]
    public async Task Put_OfStarsWithNothingBehindThem_IsRefused()
    {
        var text = AdminHost.Yaml.Replace("mock: {", "new: {kind: openai, api_key: '***'}\n  mock: {", StringComparison.Ordinal);
        var (response, body) = await PutAsync(text, _host.Source.Current.Version);
        Assert.Equal(422, (int)response.StatusCode);
        Assert.Equal("providers.new.api_key", JsonElement.Parse(body).GetProperty("errors")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task Check_OfAnyText_ListsEveryFaultAndChangesNothing()
    {
        var (_, bad) = await _host.CallAsync("POST", "/admin/v1/config/check", AdminHost.Yaml + "drain_timeout: 7\nstate: elsewhere\nother: 1\n");
        Assert.Equal((false, 2), (JsonElement.Parse(bad).GetProperty("valid").GetBoolean(), JsonElement.Parse(bad).GetProperty("errors").GetArrayLength()));
        Assert.Contains("\"valid\":true", (await _host.CallAsync("POST", "/admin/v1/config/check", Changed)).Body, StringComparison.Ordinal);
        // Valid by itself, and cannot take over without a restart.
        Assert.Contains("restart", (await _host.CallAsync("POST", "/admin/v1/config/check", AdminHost.Yaml + "state: elsewhere\n")).Body, StringComparison.Ordinal);
        Assert.Equal(AdminHost.Yaml, await FileAsync());
    }

    [Fact]
    public async Task Diff_OfAText_NamesWhatDiffersWithoutSecrets()
    {
        var text = Changed.Replace("sk-literal-0123456789", "sk-other-0123456789", StringComparison.Ordinal).Replace("Acme Inc.", "Acme", StringComparison.Ordinal)
            .Replace("closed: {enabled: false}", "", StringComparison.Ordinal);
        var (_, body) = await _host.CallAsync("POST", "/admin/v1/config/diff", text);
        var diff = JsonElement.Parse(body);
        Assert.Equal("""[{"path":"drain_timeout","after":"7s"}]""", diff.GetProperty("added").GetRawText());
        Assert.Equal("""[{"path":"tenants.closed.enabled","before":"false"}]""", diff.GetProperty("removed").GetRawText());
        Assert.Equal(
            """[{"path":"providers.mock.api_key","before":"***","after":"***"},{"path":"tenants.acme.name","before":"Acme Inc.","after":"Acme"}]""",
            diff.GetProperty("changed").GetRawText());
    }

    [Fact]
    public async Task Rollback_ToAnEarlierVersion_BringsItBackWithItsSecrets()
    {
        var first = _host.Source.Current.Version;
        await PutAsync(Changed, first);
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/admin/v1/config/rollback", $$"""{"version":"{{first}}"}""")).Response.StatusCode);
        Assert.Equal(AdminHost.Yaml, await FileAsync());
        Assert.Equal(TimeSpan.FromSeconds(30), _host.Source.Current.Settings.DrainTimeout);
        // A repeat changes nothing.
        var now = _host.Source.Current.Version;
        await _host.PostAsync("/admin/v1/config/rollback", $$"""{"version":"{{first}}"}""");
        Assert.Equal(now, _host.Source.Current.Version);
        Assert.Equal(["config.rollback", "config.apply", "config.start"], await ActionsAsync(3));
        Assert.Equal((404, "version_not_found"), await CodeOfAsync("POST", "/admin/v1/config/rollback", """{"version":"9-9"}"""));
    }

    [Fact]
    public async Task History_OfManyChanges_IsBoundedAndHoldsNoSecret()
    {
        for (var i = 1; i <= 101; i++) await PutAsync(AdminHost.Yaml + $"drain_timeout: {i}s\n", _host.Source.Current.Version);
        var versions = (await _host.GetAsync("/admin/v1/config/history")).Body.GetProperty("versions");
        Assert.Equal(100, versions.GetArrayLength());
        Assert.Equal(_host.Source.Current.Version, versions[0].GetProperty("version").GetString());
        foreach (var file in Directory.GetFiles(_host.Folder.Path, "gateway.db*"))
            Assert.DoesNotContain("sk-literal-0123456789", await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1, Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OfWhatIsRefused_IsNotedWithItsFaults()
    {
        await File.WriteAllTextAsync(_host.ConfigPath, AdminHost.Yaml + "other: 1\n", Cancel);
        await _host.PostAsync("/admin/v1/config/reload");
        var record = (await _host.Audit.ListAsync(new AuditFilter(1), Cancel)).Records.Single();
        Assert.Equal("config.refused", record.Entry.Action);
        Assert.Contains("\"faults\":1", record.Entry.After, StringComparison.Ordinal);
    }

    [Fact]
    public void StagedFile_UntilItIsCommitted_LeavesTheOldFileAsItWas()
    {
        var staged = StagedFile.Write(_host.ConfigPath, "new");
        // What a crash here leaves: the old file, and the new one beside it under a name that is not the configuration's.
        Assert.Equal(AdminHost.Yaml, File.ReadAllText(_host.ConfigPath));
        Assert.Equal("new", File.ReadAllText(StagedFile.NameFor(_host.ConfigPath)));
        using (var again = StagedFile.Write(_host.ConfigPath, "newer")) again.Commit();
        Assert.Equal("newer", File.ReadAllText(_host.ConfigPath));
        staged.Dispose();
        Assert.Equal("newer", File.ReadAllText(_host.ConfigPath));
    }

    [Fact]
    public void StagedFile_OfASymbolicLink_ReplacesWhatItLeadsTo()
    {
        var link = _host.Folder.File("link.yaml");
        File.CreateSymbolicLink(link, _host.ConfigPath);
        using (var staged = StagedFile.Write(link, "new")) staged.Commit();
        Assert.Equal("new", File.ReadAllText(_host.ConfigPath));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    private Task<(HttpResponseMessage Response, string Body)> PutAsync(string text, string version) =>
        _host.CallAsync("PUT", "/admin/v1/config", text, headers: ("If-Match", $"\"{version}\""));

    private async Task<(int, string?)> CodeOfAsync(string method, string path, string body)
    {
        var (response, answer) = await _host.CallAsync(method, path, body);
        return ((int)response.StatusCode, Code(answer));
    }

    private static string? Code(string body) => JsonElement.Parse(body).GetProperty("code").GetString();

    private Task<string> FileAsync() => File.ReadAllTextAsync(_host.ConfigPath, Cancel);

    private async Task<IEnumerable<string>> ActionsAsync(int count) => (await _host.Audit.ListAsync(new AuditFilter(count, Action: "config."), Cancel)).Records.Select(r => r.Entry.Action);
}
