using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>A server behind the gateway in a process of its own (tests/sdk/origin.mjs), to be killed, paused and revived.</summary>
internal sealed class OriginProcess : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;

    private readonly string _arrivals;
    private Process? _process;

    private OriginProcess(int port, string arrivals) => (Port, _arrivals) = (port, arrivals);

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Starts one on a free port; it notes what arrives in that file.</summary>
    public static async Task<OriginProcess> StartAsync(string arrivals, CancellationToken cancellation)
    {
        var origin = new OriginProcess(FreePort(), arrivals);
        await origin.ReviveAsync(cancellation);
        return origin;
    }

    /// <summary>A port that nobody listens on, for a process that is told its port before it starts.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task ReviveAsync(CancellationToken cancellation)
    {
        _process = NodeProgram.Start(["origin.mjs"], new Dictionary<string, string>
        {
            ["UPSTREAM_PORT"] = Port.ToString(CultureInfo.InvariantCulture),
            ["ARRIVALS"] = _arrivals,
        });
        Assert.Equal("ready", await _process.StandardOutput.ReadLineAsync(cancellation));
    }

    /// <summary>As <c>kill -STOP</c>: its connections stay, and nothing is answered.</summary>
    public void Pause() => Assert.Equal(0, Kill(_process!.Id, Stop));

    public void Resume() => Assert.Equal(0, Kill(_process!.Id, Continue));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
