using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Bench.Stampede;

/// <summary>The floor under whatever answers a crowd on this machine: a ready answer is sent to each of its connections, by a thread for each core that does nothing else.</summary>
internal sealed class ReadyAnswers : IDisposable
{
    private static readonly byte[] s_answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 1024\r\n\r\n{1,1024}");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _connections = [];

    public ReadyAnswers() => _listener.Start(4096);

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Takes the connections of a crowd.</summary>
    public void Accept(int crowd)
    {
        while (_connections.Count < crowd)
        {
            var connection = _listener.AcceptSocket();
            connection.NoDelay = true;
            _connections.Add(connection);
        }
    }

    /// <summary>Answers all, whatever they have asked.</summary>
    public void SendAll()
    {
        var (next, threads) = (-1, new List<Thread>());
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            var thread = new Thread(() =>
            {
                while (Interlocked.Increment(ref next) is var at && at < _connections.Count) _connections[at].Send(s_answer);
            });
            threads.Add(thread);
            thread.Start();
        }

        foreach (var thread in threads) thread.Join();
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        _listener.Dispose();
    }
}
