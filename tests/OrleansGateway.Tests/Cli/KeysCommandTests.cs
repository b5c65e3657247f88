using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Cli;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Admin;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Cli;

public sealed class KeysCommandTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Dictionary<string, string> Environment { get; } = [];

    public async ValueTask InitializeAsync()
    {
        _host = await AdminHost.StartAsync();
        Environment["GATEWAY_ADMIN"] = _host.Address.ToString();
        Environment["GATEWAY_ADMIN_TOKEN"] = _host.Token.Fresh!.Reveal();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Create_WithEveryOption_MakesThatKeyAndPrintsItAlone()
    {
        var run = await RunAsync("create", "--tenant", "acme", "--team", "blue", "--user", "ada", "--name", "ci", "--model", "gpt-*", "--model", "claude",
            "--route", "chat", "--ip", "10.0.0.0/8", "--expires", "30d", "--metadata", "cost=4=2", "note=");
        Assert.Equal((0, 1), (run.Exit, run.Output.Count(c => c == '\n')));
        var caller = _host.Directory.Find(run.Output.Trim())!;
        Assert.Contains(caller.KeyId, run.Error, StringComparison.Ordinal);
        var key = (await _host.Directory.Keys.GetAsync(caller.KeyId, Cancel))!;
        Assert.Equal(("acme", "blue", "ada", "ci"), (key.Tenant, key.Team, key.User, key.Name));
        Assert.Equal("gpt-*,claude|chat|10.0.0.0/8", $"{string.Join(',', key.Models)}|{string.Join(',', key.Routes)}|{string.Join(',', key.IpRanges)}");
        Assert.Equal(_host.Directory.Time.GetUtcNow().AddDays(30), key.ExpiresAt);
        Assert.Equal(("4=2", ""), (key.Metadata["cost"], key.Metadata["note"]));
    }

    [Fact]
    public async Task Create_WithJson_PrintsTheAnswerOfTheApi()
    {
        var run = await RunAsync("create", "--tenant", "acme", "--expires", "2030-01-01T00:00:00Z", "--json");
        var key = JsonSerializer.Deserialize(run.Output, AdminJson.Default.KeyDocument)!;
        Assert.Equal(key.Id, _host.Directory.Find(key.Secret!)!.KeyId);
        Assert.Equal(2030, key.ExpiresAt!.Value.Year);
    }

    [Fact]
    public async Task Create_WithFaults_PrintsEachAndFails()
    {
        var run = await RunAsync("create", "--tenant", "none", "--ip", "x", "--model", "a*b");
        Assert.Equal((1, ""), (run.Exit, run.Output));
        foreach (var path in (string[])["tenant:", "ip_ranges[0]:", "models[0]:"]) Assert.Contains(path, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("novalue")]
    [InlineData("=value")]
    public async Task Create_WithMetadataThatIsNoPair_Fails(string text)
    {
        var run = await RunAsync("create", "--tenant", "acme", "--metadata", text);
        Assert.Equal(1, run.Exit);
        Assert.Contains("name=value", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_WhenThereAreKeys_ShowsTheFilteredOnesWhole()
    {
        var mine = (await CreateAsync("acme")).Key!;
        var other = (await CreateAsync("closed")).Key!;
        await _host.Directory.Keys.RevokeAsync(mine.Id, TestAudit.Actor, Cancel);
        var run = await RunAsync("list", "--tenant", "acme");
        Assert.Contains(mine.Id, run.Output, StringComparison.Ordinal);
        Assert.Contains(mine.Display, run.Output, StringComparison.Ordinal);
        Assert.Contains("revoked", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(other.Id, run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task List_WithJson_PrintsAllPagesAsOneDocument()
    {
        for (var i = 0; i < 3; i++) await CreateAsync("acme");
        var run = await RunAsync("list", "--json");
        Assert.Equal(3, JsonSerializer.Deserialize(run.Output, AdminJson.Default.KeyListDocument)!.Keys.Count);
    }

    [Fact]
    public async Task List_WhenThereAreNone_SaysSo() => Assert.Equal("No keys.\n", (await RunAsync("list")).Output);

    [Fact]
    public async Task Rotate_WithGrace_PrintsTheNewKeyAndKeepsTheOld()
    {
        var made = await CreateAsync("acme");
        var run = await RunAsync("rotate", made.Key!.Id, "--grace", "1h");
        Assert.Equal(0, run.Exit);
        Assert.Equal(made.Key.Id, _host.Directory.Find(run.Output.Trim())!.KeyId);
        Assert.NotNull(_host.Directory.Find(made.Secret));
        _host.Directory.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_host.Directory.Find(made.Secret));
    }

    [Fact]
    public async Task Revoke_OfAKey_MakesItUnknown()
    {
        var made = await CreateAsync("acme");
        Assert.Equal(0, (await RunAsync("revoke", made.Key!.Id)).Exit);
        Assert.Null(_host.Directory.Find(made.Secret));
    }

    [Fact]
    public async Task Revoke_OfAKeyThatIsNotThere_Fails()
    {
        var run = await RunAsync("revoke", "key_none");
        Assert.Equal((1, "There is no key 'key_none'.\n"), (run.Exit, run.Error));
    }

    [Fact]
    public async Task AnyCommand_WithoutARunningGateway_SaysHowToReachOne()
    {
        using var closed = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        closed.Start();
        var port = ((System.Net.IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var run = await RunAsync("list", "--admin", $"http://127.0.0.1:{port}");
        Assert.Equal(1, run.Exit);
        Assert.Contains("No gateway answers", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCommand_WithAWrongToken_SaysSoWithoutIt()
    {
        Environment["GATEWAY_ADMIN_TOKEN"] = "oga_wrong";
        var run = await RunAsync("list");
        Assert.Equal(1, run.Exit);
        Assert.Contains("does not accept the admin token", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("oga_wrong", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData(" ")]
    public async Task AnyCommand_WithATokenThatCannotBeOne_SaysSoWithoutIt(string token)
    {
        Environment["GATEWAY_ADMIN_TOKEN"] = token;
        var run = await RunAsync("list");
        Assert.Equal(1, run.Exit);
        Assert.Contains("GATEWAY_ADMIN_TOKEN holds no admin token", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("lines\n", run.Error[..^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCommand_WithATokenFile_PrefersItToTheEnvironment()
    {
        Environment["GATEWAY_ADMIN_TOKEN"] = "oga_wrong";
        Assert.Equal(0, (await RunAsync("list", "--token-file", _host.Folder.File(AdminToken.FileName))).Exit);
    }

    [Fact]
    public async Task AnyCommand_WithoutATokenFile_SaysHowToNameOne()
    {
        var run = await RunAsync("list", "--token-file", _host.Folder.File("missing"));
        Assert.Equal(1, run.Exit);
        Assert.Contains("--token-file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_WithoutAGateway_PrintsAKeyAndItsHash()
    {
        Environment.Clear();
        var lines = (await RunAsync("generate")).Output.Split('\n');
        var (key, hash) = (lines[0]["key   ".Length..], lines[1]["hash  ".Length..]);
        Assert.True(KeyText.TryCheck(key, KeyText.KeyPrefix));
        Assert.Equal(KeyHash.Of(key).ToString(), hash);

        using var json = JsonDocument.Parse((await RunAsync("generate", "--json")).Output);
        Assert.Equal(KeyHash.Of(json.RootElement.GetProperty("key").GetString()).ToString(), json.RootElement.GetProperty("hash").GetString());
        Assert.True(KeyText.TryCheck((await RunAsync("generate", "--quiet")).Output.TrimEnd('\n'), KeyText.KeyPrefix));
        Assert.Equal(1, (await RunAsync("generate", "--quiet", "--json")).Exit);
    }

    private Task<KeyAnswer> CreateAsync(string tenant) => _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = tenant }, idempotencyKey: null, TestAudit.Actor, Cancel);

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var root = new RootCommand { KeysCommand.Create(_host.Directory.Time, Environment.GetValueOrDefault) };
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exit = await root.Parse(["keys", .. arguments]).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (exit, output.ToString(), error.ToString());
    }
}
