using System.Diagnostics;

namespace OrleansGateway.Tests.Sdk;

/// <summary>
/// Runs the programs of tests/sdk. Where there is no Node.js the test is skipped: the gateway needs none. Where there is, the packages must have
/// been installed (<c>npm ci --prefix tests/sdk</c>); a test that skipped without them would never be missed.
/// </summary>
internal static class NodeProgram
{
    /// <summary>Time for all scenarios of one program; the longest takes 20 s on a busy machine.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    private static readonly string? s_node = FindNode();

    private static string Folder { get; } = Repository.PathOf("tests/sdk");

    /// <summary>Runs scenarios of a program (<c>openai</c>, <c>anthropic</c>, <c>ai-sdk</c>) against a server; none named means all, <c>-name</c> all but that.</summary>
    public static async Task<NodeRun> RunAsync(string program, SdkServer server, params IReadOnlyList<string> scenarios)
    {
        var environment = new Dictionary<string, string>(server.Environment)
        {
            ["BASE_URL"] = server.Url.ToString(),
            ["API_KEY"] = server.ApiKey,
            ["MODEL_PREFIX"] = server.ModelPrefix,
        };
        var (exitCode, output, errors) = await StartAsync([program + ".mjs", .. scenarios], environment, input: "");
        return new NodeRun(program, [.. scenarios.Where(name => !name.StartsWith('-'))], exitCode, output, errors);
    }

    /// <summary>Runs all scenarios of a program but some; one that the program does not have is a failure.</summary>
    public static async Task<NodeRun> RunAllAsync(string program, SdkServer server, IReadOnlyList<string> except) =>
        except.Count == 0 ? await RunAsync(program, server) : await RunAsync(program, server, [.. except.Select(name => "-" + name)]);

    /// <summary>Runs a program to its end with that input.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string input)
    {
        using var process = Start(arguments, environment);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(s_deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts a program that goes on beside the test.</summary>
    public static Process Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        if (s_node is null) Assert.Skip("Node.js is not installed, which the SDKs need.");
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules")), "The SDKs are not installed. Run: npm ci --prefix tests/sdk");
        var start = new ProcessStartInfo(s_node, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static string? FindNode()
    {
        var name = OperatingSystem.IsWindows() ? "node.exe" : "node";
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
