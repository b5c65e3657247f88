using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Stampede;

/// <summary>Ports of this machine, for programs that are started to be measured.</summary>
internal static class Loopback
{
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Returns once a program takes connections; throws if it has ended, or does not within half a minute.</summary>
    public static async Task UntilListeningAsync(Process process, Uri url, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (process.HasExited || attempt > 600) throw new InvalidOperationException($"{process.StartInfo.FileName} does not start.");
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, url.Port, cancellation);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellation);
            }
        }
    }
}
