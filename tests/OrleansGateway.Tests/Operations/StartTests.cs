using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Operations;

/// <summary>How the program starts, and what it says when it cannot.</summary>
public sealed partial class StartTests : IDisposable
{
    private const int Patience = 60_000;
    private readonly OperationsFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Patience)]
    [InlineData("data: [\"127.0.0.1:0\"]", "data: [\"{0}\"]", "gateway: The address {0} cannot be bound: Address already in use")]
    [InlineData("admin: \"127.0.0.1:0\"", "admin: \"{0}\"", "gateway: The admin address {0} cannot be bound: Address already in use")]
    public async Task Start_OnATakenAddress_SaysSoInOneLineAndShowsTheTokenItMade(string free, string taken, string expected)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        _folder.Write(OperationsFolder.Yaml(null, "").Replace(free, string.Format(CultureInfo.InvariantCulture, taken, other.LocalEndpoint), StringComparison.Ordinal));

        var (exit, output, errors) = await FailAsync();
        Assert.Equal(1, exit);
        Assert.Equal(string.Format(CultureInfo.InvariantCulture, expected, other.LocalEndpoint), Said(errors));
        // The next start will find the token made and not show it.
        Assert.Contains("Admin token, printed this once: oga_", output, StringComparison.Ordinal);
    }

    [Theory(Timeout = Patience)]
    [InlineData("data: [\"127.0.0.1:0\"]", "data: [\"203.0.113.1:8080\"]", "gateway: The address 203.0.113.1:8080 cannot be bound: Cannot assign requested address")]
    [InlineData("admin: \"127.0.0.1:0\"", "admin: \"203.0.113.1:8080\"", "gateway: The admin address 203.0.113.1:8080 cannot be bound: Cannot assign requested address")]
    public async Task Start_OnAnAddressOfAnotherMachine_SaysSoInOneLine(string own, string foreign, string expected)
    {
        _folder.Write(OperationsFolder.Yaml(null, "").Replace(own, foreign, StringComparison.Ordinal));
        var (exit, _, errors) = await FailAsync();
        Assert.Equal((1, expected), (exit, Said(errors)));
    }

    [Fact(Timeout = Patience)]
    public async Task Start_WhenTheStateFolderIsAFile_SaysSoInOneLine()
    {
        await File.WriteAllTextAsync(_folder.PathOf(".gateway"), "", Cancel);
        var (exit, _, errors) = await FailAsync();
        Assert.Equal(1, exit);
        Assert.StartsWith($"gateway: The state folder {_folder.PathOf(".gateway")} cannot be used: ", Said(errors), StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task Start_WithoutAConfiguration_SaysSoInOneLine()
    {
        File.Delete(_folder.PathOf("gateway.yaml"));
        var (exit, output, errors) = await FailAsync();
        Assert.Equal((1, ""), (exit, output));
        Assert.StartsWith("gateway.yaml:0:0: The file ", Assert.Single(errors.Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task Start_WithAnInvalidConfiguration_NamesEveryFault()
    {
        _folder.Write(OperationsFolder.Yaml(null, "drain_timeout: soon\nlimits: {request_body_max: 1}\nspelling: wrong"));
        var (exit, output, errors) = await FailAsync();
        Assert.Equal((1, ""), (exit, output));
        Assert.Equal(
            ["gateway.yaml:12:16: drain_timeout", "gateway.yaml:13:28: limits.request_body_max", "gateway.yaml:14:1: spelling"],
            errors.Split('\n').Select(line => string.Join(": ", line.Split(": ").Take(2))));
    }

    [Fact(Timeout = Patience)]
    public async Task Start_TwiceInOneFolder_ShowsTheAdminTokenOnce()
    {
        string token;
        await using (var first = await GatewayProcess.ServeAsync(_folder.Path, Cancel))
        {
            token = (await first.Output.WaitForAsync("Admin token, printed this once: oga_", Cancel)).Split(' ')[^1];
            first.Signal(PosixSignal.SIGTERM);
            Assert.Equal(0, await first.ExitAsync(Cancel));
        }

        await using var second = await GatewayProcess.ServeAsync(_folder.Path, Cancel);
        using var client = new HttpClient();
        await client.AdminAsync(second.Admin, token, "/config/reload", "", Cancel);
        second.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await second.ExitAsync(Cancel));
        Assert.DoesNotContain("oga_", second.Output.Text + second.Errors.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task PrintCurl_WithTheConfigurationOfTheRepository_PrintsACommandThatAnswers()
    {
        var yaml = await File.ReadAllTextAsync(Repository.PathOf("gateway.yaml"), Cancel);
        _folder.Write(FixedPort().Replace(yaml, "127.0.0.1:0"));
        Directory.CreateDirectory(_folder.PathOf(".gateway"));
        await File.WriteAllTextAsync(_folder.PathOf(".gateway/demo-key"), await GatewayProcess.RunAsync(_folder.Path, Cancel, "keys", "generate", "--quiet"), Cancel);

        await using var gateway = GatewayProcess.Start(_folder.Path, "serve", "--config", "gateway.yaml", "--print-curl");
        await gateway.Output.WaitForAsync("curl ", Cancel);
        var line = Assert.Single(gateway.Output.Lines, l => l.StartsWith("curl ", StringComparison.Ordinal));
        await using var curl = GatewayProcess.StartProgram("bash", _folder.Path, "-c", line + " --silent --fail");
        Assert.Equal(0, await curl.ExitAsync(Cancel));
        var answer = JsonElement.Parse(curl.Output.Text).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Equal("You said: Hello, gateway!", answer);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(int Exit, string Output, string Errors)> FailAsync()
    {
        await using var gateway = GatewayProcess.Start(_folder.Path, "serve", "--config", "gateway.yaml");
        return (await gateway.ExitAsync(Cancel), gateway.Output.Text, gateway.Errors.Text);
    }

    /// <summary>The one line that is no log line.</summary>
    private static string Said(string errors) => Assert.Single(errors.Split('\n'), line => !LogLine().IsMatch(line));

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex FixedPort();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT")]
    private static partial Regex LogLine();
}
