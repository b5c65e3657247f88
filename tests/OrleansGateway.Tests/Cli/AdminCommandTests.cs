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
        Assert.Equal("acme", (await _host.Admins.FindAsync("Bearer " + made.Output.Trim(), Cancel))!.Tenant);
        Assert.Contains("tenant_admin of acme", (await RunAsync("admins", "list")).Output, StringComparison.Ordinal);
        var rotated = await RunAsync("admins", "rotate", id);
        Assert.Null(await _host.Admins.FindAsync("Bearer " + made.Output.Trim(), Cancel));
        Assert.Equal(id, (await _host.Admins.FindAsync("Bearer " + rotated.Output.Trim(), Cancel))!.Id);
        Assert.Equal($"Revoked {id}.\n", (await RunAsync("admins", "revoke", id)).Output);
        Assert.Null(await _host.Admins.FindAsync("Bearer " + rotated.Output.Trim(), Cancel));
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

    [Fact]
    public async Task TenantsTeamsAndUsers_MadeShownChangedAndDeleted_AreForPeopleAndForPrograms()
    {
        Assert.Matches("zeta +Zeta +yes +api", await GoodAsync("tenants", "create", "zeta", "--name", "Zeta"));
        await GoodAsync("teams", "create", "red", "--tenant", "zeta");
        await GoodAsync("users", "create", "bob", "--tenant", "zeta", "--team", "red");
        Assert.Equal("""{"id":"bob","name":"Bob","source":"api"}""" + "\n", await GoodAsync("users", "update", "bob", "--tenant", "zeta", "--team", "red", "--name", "Bob", "--json"));
        Assert.Matches("zeta +Zeta +no +api", await GoodAsync("tenants", "update", "zeta", "--enabled", "false"));
        Assert.False(_host.Directory.Tenants.Find("zeta")!.Enabled);
        await GoodAsync("tenants", "update", "zeta", "--name", "Renamed");
        Assert.Equal(("Renamed", false), (_host.Directory.Tenants.Find("zeta")!.Name, _host.Directory.Tenants.Find("zeta")!.Enabled));
        Assert.Contains("bob", await GoodAsync("users", "list", "--tenant", "zeta", "--team", "red"), StringComparison.Ordinal);
        Assert.Contains("red", await GoodAsync("teams", "show", "red", "--tenant", "zeta"), StringComparison.Ordinal);
        Assert.StartsWith("""{"teams":[{"id":"red",""", await GoodAsync("teams", "list", "--tenant", "zeta", "--json"), StringComparison.Ordinal);
        Assert.Equal("Deleted user bob.\n", await GoodAsync("users", "delete", "bob", "--tenant", "zeta", "--team", "red"));
        Assert.Equal("No users.\n", await GoodAsync("users", "list", "--tenant", "zeta", "--team", "red"));
        await GoodAsync("tenants", "delete", "zeta");
        Assert.Equal((1, "There is no tenant 'zeta'.\n"), await BadAsync("tenants", "show", "zeta"));
        Assert.Equal(1, (await BadAsync("tenants", "delete", "acme")).Exit);

        async Task<string> GoodAsync(params string[] arguments)
        {
            var (exit, output, error) = await RunAsync(arguments);
            Assert.True(exit == 0, error);
            return output;
        }

        async Task<(int Exit, string Error)> BadAsync(params string[] arguments)
        {
            var (exit, output, error) = await RunAsync(arguments);
            Assert.Empty(output);
            return (exit, error);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Completion_InARealZsh_CompletesCommandsAndOptions()
    {
        Assert.Equal("keys", await CompleteInZshAsync("ke"));
        Assert.Equal("create delete list show update", await CompleteInZshAsync("tenants", ""));
        Assert.Equal("--team", await CompleteInZshAsync("users", "list", "--tea"));
        Assert.Equal("tenant_admin", await CompleteInZshAsync("admins", "create", "--role", "ten"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Completion_InARealBash_CompletesCommandsAndOptions()
    {
        Assert.Equal("keys", await CompleteAsync("ke"));
        Assert.Equal("create generate list revoke rotate", await CompleteAsync("keys", ""));
        Assert.Equal("--tenant", await CompleteAsync("keys", "create", "--ten"));
        Assert.Equal("tenant_admin", await CompleteAsync("admins", "create", "--role", "ten"));
    }

    private static string Program { get; } = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Server", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway"));

    private static string Quoted(string[] words) => string.Join(' ', ((string[])[Program, .. words]).Select(w => $"'{w}'"));

    private static string Line(string[] words) => string.Join(' ', [Program, .. words]);

    private static Task<string> CompleteAsync(params string[] words)
    {
        var script = $$"""
            eval "$('{{Program}}' completion bash)"
            COMP_WORDS=({{Quoted(words)}}); COMP_CWORD={{words.Length}}; COMP_LINE='{{Line(words)}}'; COMP_POINT={{Line(words).Length}}
            _gateway
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        return CompleteAsync("bash", script, words);
    }

    /// <summary>With the options that zsh sets for completion, extended patterns among them; what it offers that goes on as the last word does is printed.</summary>
    private static Task<string> CompleteInZshAsync(params string[] words)
    {
        var script = $$"""
            compdef() { : }
            compadd() { local w; for w in "${@[2,-1]}"; do [[ $w == "${words[-1]}"* ]] && print -r -- "$w"; done }
            eval "$('{{Program}}' completion zsh)"
            setopt extendedglob nullglob bareglobqual NO_shglob NO_kshglob NO_nomatch
            words=({{Quoted(words)}}); BUFFER='{{Line(words)}}'; CURSOR={{Line(words).Length}}
            _gateway
            """;
        return CompleteAsync("zsh", script, words);
    }

    private static async Task<string> CompleteAsync(string shell, string script, string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, [shell == "zsh" ? "-fc" : "-c", script]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(w => !w.StartsWith('-') || words[^1].StartsWith('-')).Order(StringComparer.Ordinal));
    }

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        Func<string, string?> environment = Environment.GetValueOrDefault;
        var root = new RootCommand
        {
            ConfigCommand.Create(environment), AdminsCommand.Create(environment), AuditCommand.Create(environment), TenantsCommand.Create(environment),
            TenantsCommand.CreateTeams(environment), TenantsCommand.CreateUsers(environment), StatusCommand.Create(environment), UpstreamsCommand.Create(environment),
        };
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exit = await root.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, Cancel);
        return (exit, output.ToString(), error.ToString());
    }
}
