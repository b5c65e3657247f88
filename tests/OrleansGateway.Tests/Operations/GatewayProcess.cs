using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Tests.Operations;

/// <summary>The program itself, as it was built, in a process of its own.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private static readonly Dictionary<string, string> s_nothingMore = [];

    private readonly Process _process;

    private GatewayProcess(Process process)
    {
        _process = process;
        Folder = process.StartInfo.WorkingDirectory;
        (Output, Errors) = (new LineLog(process.StandardOutput), new LineLog(process.StandardError));
    }

    public int Id => _process.Id;

    /// <summary>Where it was started.</summary>
    public string Folder { get; }

    public LineLog Output { get; }

    public LineLog Errors { get; }

    /// <summary>Root of the data listener, once <c>ServeAsync</c> has returned.</summary>
    public Uri Data { get; private set; } = null!;

    /// <summary>Root of the admin listener, once <c>ServeAsync</c> has returned.</summary>
    public Uri Admin { get; private set; } = null!;

    /// <summary>The built program, beside these tests and of the same configuration (Release or Debug).</summary>
    private static string Program { get; } = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "OrleansGateway.Server", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "gateway"));

    /// <summary>Starts it, with its standard input closed.</summary>
    public static GatewayProcess Start(string folder, params IEnumerable<string> arguments) => StartProgram(Program, folder, arguments);

    /// <summary>Starts any program likewise.</summary>
    public static GatewayProcess StartProgram(string program, string folder, params IEnumerable<string> arguments) => StartProgram(program, folder, s_nothingMore, arguments);

    /// <summary>The same with more, or other, variables in its environment.</summary>
    public static GatewayProcess StartProgram(string program, string folder, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The command line must find the gateway of the test, not one that the environment names.
        start.Environment.Remove("GATEWAY_ADMIN");
        start.Environment.Remove("GATEWAY_ADMIN_TOKEN");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new GatewayProcess(process);
    }

    /// <summary>Starts <c>serve</c> with the <c>gateway.yaml</c> of the folder and waits until it is ready.</summary>
    public static Task<GatewayProcess> ServeAsync(string folder, CancellationToken cancellation) => ServeAsync(folder, s_nothingMore, cancellation);

    /// <summary>The same with more, or other, variables in its environment.</summary>
    public static async Task<GatewayProcess> ServeAsync(string folder, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        var gateway = StartProgram(Program, folder, environment, "serve", "--config", "gateway.yaml");
        try
        {
            gateway.Admin = await gateway.AddressAsync("Operators call ", cancellation);
            gateway.Data = await gateway.AddressAsync("Clients call ", cancellation);
            return gateway;
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            await gateway.DisposeAsync();
            throw new InvalidOperationException($"The gateway did not start:\n{gateway.Errors.Text}", failed);
        }
    }

    /// <summary>Runs a command to its end; answers what it printed, and fails unless it ends with 0.</summary>
    public static async Task<string> RunAsync(string folder, CancellationToken cancellation, params IEnumerable<string> arguments)
    {
        await using var program = Start(folder, arguments);
        var exit = await program.ExitAsync(cancellation);
        Assert.True(exit == 0, $"exit code {exit}\n{program.Output.Text}\n{program.Errors.Text}");
        return program.Output.Text;
    }

    public void Signal(PosixSignal signal)
    {
        var number = signal switch
        {
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGTERM => 15,
            _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "Not sent by any test."),
        };
        Assert.Equal(0, Kill(_process.Id, number));
    }

    /// <summary>As <c>kill -9</c>: nothing is written, closed or said any more.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _process.Kill();
        await ExitAsync(cancellation);
    }

    /// <summary>The exit code, once it has ended and all it printed has been read.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        await Task.WhenAll(Output.Ended, Errors.Ended).WaitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task<Uri> AddressAsync(string prefix, CancellationToken cancellation) =>
        new((await Output.WaitForAsync(prefix, cancellation))[prefix.Length..].Split(' ')[0]);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
