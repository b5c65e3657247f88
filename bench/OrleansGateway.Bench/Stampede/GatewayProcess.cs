using System.Diagnostics;

namespace OrleansGateway.Bench.Stampede;

/// <summary>A gateway of its own, with a cache in front of an origin, in a folder that is deleted in the end.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private const string TokenLine = "Admin token, printed this once: ";

    private readonly Process _process;
    private readonly string _folder;

    private GatewayProcess(Process process, string folder, Uri url, Uri admin) => (_process, _folder, Url, Admin) = (process, folder, url, admin);

    public Uri Url { get; }

    /// <summary>Base URL of the admin API.</summary>
    public Uri Admin { get; }

    public string AdminToken { get; private set; } = "";

    public static async Task<GatewayProcess> StartAsync(string program, Uri origin, CancellationToken cancellation, string cache = "{}")
    {
        var folder = Directory.CreateTempSubdirectory("gateway-stampede-").FullName;
        var (data, admin) = (Loopback.FreePort(), Loopback.FreePort());
        var config = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(config, $$"""
            listeners: {data: ["127.0.0.1:{{data}}"], admin: "127.0.0.1:{{admin}}"}
            cache: {{cache}}
            state: "{{Path.Combine(folder, "state")}}"
            access_log: {output: "{{Path.Combine(folder, "access.log")}}"}
            upstreams:
              origin: {targets: [{url: "{{origin.GetLeftPart(UriPartial.Authority)}}"}]}
            routes:
              first: {path: /first/, upstream: origin, auth: [anonymous], cache: tenant}
              all: {path: /, upstream: origin, auth: [anonymous], cache: tenant}
            """, cancellation);
        var process = Process.Start(new ProcessStartInfo(program, ["serve", "--config", config]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // Read and dropped, or it would block once the pipe is full.
        var token = new TaskCompletionSource<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(TokenLine, StringComparison.Ordinal) == true) token.TrySetResult(line.Data[TokenLine.Length..]);
        };
        process.ErrorDataReceived += static (_, line) =>
        {
            if (line.Data?.Contains(" info: ", StringComparison.Ordinal) == false) Console.Error.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var gateway = new GatewayProcess(process, folder, new Uri($"http://127.0.0.1:{data}/"), new Uri($"http://127.0.0.1:{admin}/"));
        await Loopback.UntilListeningAsync(process, gateway.Url, cancellation);
        gateway.AdminToken = await token.Task.WaitAsync(cancellation);
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
