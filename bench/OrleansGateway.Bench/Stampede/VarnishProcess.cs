using System.Diagnostics;

namespace OrleansGateway.Bench.Stampede;

/// <summary>Varnish, which collapses requests too, in front of an origin, with a state of its own that is deleted in the end. As it comes: all its parameters are its defaults.</summary>
internal sealed class VarnishProcess : IAsyncDisposable
{
    private const string Program = "/usr/sbin/varnishd";

    private readonly Process _process;
    private readonly string _folder;

    private VarnishProcess(Process process, string folder, Uri url) => (_process, _folder, Url) = (process, folder, url);

    public static bool IsInstalled => File.Exists(Program);

    public Uri Url { get; }

    public static async Task<VarnishProcess> StartAsync(Uri origin, CancellationToken cancellation)
    {
        var (folder, url) = (Directory.CreateTempSubdirectory("varnish-stampede-").FullName, new Uri($"http://127.0.0.1:{Loopback.FreePort()}/"));
        var config = Path.Combine(folder, "origin.vcl");
        await File.WriteAllTextAsync(config, $$"""
            vcl 4.1;
            backend origin { .host = "127.0.0.1"; .port = "{{origin.Port}}"; }
            """, cancellation);
        // Without a jail: it could not read a folder that is its owner's only.
        var process = Process.Start(new ProcessStartInfo(Program, ["-j", "none", "-F", "-n", Path.Combine(folder, "state"), "-a", url.Authority, "-f", config, "-s", "malloc,256m"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        // Read and dropped, or it would block once the pipe is full.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Loopback.UntilListeningAsync(process, url, cancellation);
        return new VarnishProcess(process, folder, url);
    }

    public async ValueTask DisposeAsync()
    {
        // What it has started goes with it.
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
