using System.CommandLine;
using System.Diagnostics;
using OrleansGateway.Cli;
using OrleansGateway.Tests.Admin;

namespace OrleansGateway.Tests.Cli;

/// <summary>Commands over the admin API: configuration, admins, audit, tenants, status; and the scripts for shells.</summary>
public sealed class AdminCommandTests : IAsyncLifetime
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
    public async Task Config_ShownEditedComparedAppliedAndRolledBack_IsAsBefore()
    {
        var first = _host.Source.Current.Version;
        var file = _host.Folder.File("edited.yaml");
        await File.WriteAllTextAsync(file, (await RunAsync("config", "show")).Output + "drain_timeout: 7s\n", Cancel);
        Assert.Equal("+ drain_timeout: 7s\n", (await RunAsync("config", "diff", file)).Output);
        Assert.StartsWith("In force: 2-", (await RunAsync("config", "apply", file)).Output, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync("config", "history")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(0, (await RunAsync("config", "rollback", first)).Exit);
        Assert.Equal(AdminHost.Yaml, await File.ReadAllTextAsync(_host.ConfigPath, Cancel));
        var stale = await RunAsync("config", "apply", file, "--if-version", first);
        Assert.Equal(1, stale.Exit);
        Assert.Contains("The version in force is 3-", stale.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "other: 1\n", Cancel);
        Assert.Contains("other: There is no field", (await RunAsync("config", "apply", file)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admins_MadeRotatedAndRevoked_AreLetInNoMore()
    {
        var made = await RunAsync("admins", "create", "--role", "tenant_admin", "--tenant", "acme", "--name", "ci");
        Assert.Equal((0, 1), (made.Exit, made.Output.Count(c => c == '\n')));
        var id = made.Error.Split(' ').Single(w => w.StartsWith("adm_", StringComparison.Ordinal));
        Assert.Equal("acme", _host.Admins.Find("Bearer " + made.Output.Trim())!.Tenant);
        Assert.Contains("tenant_admin of acme", (await RunAsync("admins", "list")).Output, StringComparison.Ordinal);
        var rotated = await RunAsync("admins", "rotate", id);
        Assert.Null(_host.Admins.Find("Bearer " + made.Output.Trim()));
        Assert.Equal(id, _host.Admins.Find("Bearer " + rotated.Output.Trim())!.Id);
        Assert.Equal($"Revoked {id}.\n", (await RunAsync("admins", "revoke", id)).Output);
        Assert.Null(_host.Admins.Find("Bearer " + rotated.Output.Trim()));
        Assert.Equal(1, (await RunAsync("admins", "rotate", id)).Exit);
        Assert.Equal(1, (await RunAsync("admins", "create", "--role", "tenant_admin")).Exit);
    }

    [Fact]
    public async Task Audit_ListedAndVerified_ShowsTheChangesAndTheHead()
    {
        await RunAsync("admins", "create", "--role", "viewer");
        Assert.Contains("admin.create", (await RunAsync("audit", "list", "--action", "admin.", "--actor", "bootstrap")).Output, StringComparison.Ordinal);
        Assert.Equal("No changes.\n", (await RunAsync("audit", "list", "--tenant", "none")).Output);
        var verified = await RunAsync("audit", "verify");
        Assert.StartsWith("3 records, all as they were written. Head 3:", verified.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("audit", "verify", "--head", verified.Output.Trim().Split(' ')[^1])).Exit);
        Assert.Equal(1, (await RunAsync("audit", "verify", "--head", "2:00")).Exit);
    }

    [Fact]
    public async Task Lists_OfTenantsAndStatus_AreForPeopleAndForPrograms()
    {
        Assert.Contains("Acme Inc.", (await RunAsync("tenants", "list")).Output, StringComparison.Ordinal);
        Assert.StartsWith("""{"tenants":[""", (await RunAsync("tenants", "list", "--json")).Output, StringComparison.Ordinal);
        Assert.StartsWith("gateway 1.0, ready", (await RunAsync("status")).Output, StringComparison.Ordinal);
        var upstreams = (await RunAsync("upstreams")).Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Matches("^UPSTREAM +TARGET +STATE +WEIGHT", upstreams[0]);
        Assert.Matches("^shop +10.0.0.1:80 +up +1 +3 +0 +- +- +-$", upstreams[1]);
        Assert.Matches("^shop +10.0.0.2:80 +ejected +1 +0 +0 +1970-01-01 00:00:00Z +1970-01-01 00:00:00Z +it answered 500$", upstreams[2]);
        Assert.Equal("shop uses all its targets: more are bad than may be left out.", upstreams[3]);
        Assert.StartsWith("""{"upstreams":[""", (await RunAsync("upstreams", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Completion_InARealBash_CompletesCommandsAndOptions()
    {
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Server", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway"));
        Assert.Equal("keys", await CompleteAsync(program, "ke"));
        Assert.Equal("create generate list revoke rotate", await CompleteAsync(program, "keys", ""));
        Assert.Equal("--tenant", await CompleteAsync(program, "keys", "create", "--ten"));
        Assert.Equal("tenant_admin", await CompleteAsync(program, "admins", "create", "--role", "ten"));
    }

    private static async Task<string> CompleteAsync(string program, params string[] words)
    {
        var line = string.Join(' ', [program, .. words]);
        var quoted = string.Join(' ', ((string[])[program, .. words]).Select(w => $"'{w}'"));
        var script = $$"""
            eval "$('{{program}}' completion bash)"
            COMP_WORDS=({{quoted}}); COMP_CWORD={{words.Length}}; COMP_LINE='{{line}}'; COMP_POINT={{line.Length}}
            _gateway
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(Cancel);
        await bash.WaitForExitAsync(Cancel);
        return string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(w => !w.StartsWith('-') || words[^1].StartsWith('-')).Order(StringComparer.Ordinal));
    }

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        Func<string, string?> environment = Environment.GetValueOrDefault;
        var root = new RootCommand
        {
            ConfigCommand.Create(environment), AdminsCommand.Create(environment), AuditCommand.Create(environment), TenantsCommand.Create(environment),
            StatusCommand.Create(environment), UpstreamsCommand.Create(environment),
        };
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exit = await root.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (exit, output.ToString(), error.ToString());
    }
}
