using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Mock;

/// <summary>
/// Accepts connections on loopback. On bare sockets: it shares a core with the load generator, so each microsecond it takes is one that the gateway cannot be
/// loaded with.
/// </summary>
internal sealed class MockServer(int port, int events, TimeSpan pace)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(4096);
        Console.WriteLine($"Mock provider at http://127.0.0.1:{port}/v1");
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(cancellation);
                socket.NoDelay = true;
                // Ends with its connection, or with the program.
                _ = new MockConnection(socket, events, pace).RunAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}
