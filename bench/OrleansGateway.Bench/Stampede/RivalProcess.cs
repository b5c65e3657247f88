using System.Diagnostics;

namespace OrleansGateway.Bench.Stampede;

/// <summary>
/// A caching proxy of others that collapses requests, in front of an origin, with a state of its own that is deleted in the end. As they come, but for what a crowd of thousands needs to be
/// let in at all, and without their logs: nginx notes nothing, and Varnish's log is memory.
/// </summary>
internal sealed class RivalProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private RivalProcess(Process process, string folder, string name, Uri url) => (_process, _folder, Name, Url) = (process, folder, name, url);

    /// <summary>Those that can be started here.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ((string[])["varnish", "nginx"]).Where(static name => File.Exists(ProgramOf(name)))];

    public string Name { get; }

    public Uri Url { get; }

    public static async Task<RivalProcess> StartAsync(string name, Uri origin, CancellationToken cancellation)
    {
        var (folder, port) = (Directory.CreateTempSubdirectory("rival-stampede-").FullName, Loopback.FreePort());
        var config = Path.Combine(folder, "config");
        await File.WriteAllTextAsync(config, name == "varnish" ? VarnishConfig(origin) : NginxConfig(origin, folder, port), cancellation);
        string[] arguments = name == "varnish"
            ? ["-F", "-n", Path.Combine(folder, "state"), "-a", $"127.0.0.1:{port}", "-f", config, "-s", "malloc,256m"]
            : ["-c", config, "-p", folder, "-g", "daemon off;"];
        var process = Process.Start(new ProcessStartInfo(ProgramOf(name), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // Read and dropped, or it would block once the pipe is full.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var rival = new RivalProcess(process, folder, name, new Uri($"http://127.0.0.1:{port}/"));
        await Loopback.UntilListeningAsync(process, rival.Url, cancellation);
        return rival;
    }

    public async ValueTask DisposeAsync()
    {
        // What it has started goes with it.
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string ProgramOf(string name) => name == "varnish" ? "/usr/sbin/varnishd" : "/usr/sbin/nginx";

    private static string VarnishConfig(Uri origin) => $$"""
        vcl 4.1;
        backend origin { .host = "127.0.0.1"; .port = "{{origin.Port}}"; }
        """;

    private static string NginxConfig(Uri origin, string folder, int port) => $$"""
        worker_processes auto;
        pid {{folder}}/pid;
        error_log stderr crit;
        events { worker_connections 8192; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          keepalive_requests 100000;
          proxy_cache_path {{folder}}/cache keys_zone=all:16m;
          upstream origin { server 127.0.0.1:{{origin.Port}}; keepalive 2048; }
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / {
              proxy_pass http://origin;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_cache all;
              proxy_cache_lock on;
            }
          }
        }
        """;
}
