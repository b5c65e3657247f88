using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Tests.Listeners;

/// <summary>A port that was free a moment ago, for what must know its port beforehand.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
