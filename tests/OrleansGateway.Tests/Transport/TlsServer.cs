using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrleansGateway.Tests.Transport;

/// <summary>A server over TLS that answers each request on each connection with the same bytes.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;
    private readonly SslServerAuthenticationOptions _options;
    private readonly string _answer;
    private int _connections;

    public TlsServer(X509Certificate2 certificate, string answer, bool asksForCertificate = false)
    {
        _answer = answer;
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = asksForCertificate,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                Shown = shown?.Subject;
                return !asksForCertificate || shown is not null;
            },
        };
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"https://{_listener.LocalEndPoint}/");

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Name in the certificate the client showed last.</summary>
    public string? Shown { get; private set; }

    /// <summary>Name the client asked for last.</summary>
    public string? Asked { get; private set; }

    /// <summary>Whether connections end with TLS's own goodbye after one answer, or merely end; none if they go on.</summary>
    public bool? SaysGoodbye { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _serving.Add(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Interlocked.Increment(ref _connections);
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(_options, _stopping.Token);
            Asked = stream.TargetHostName;
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            while (await ReadHeadAsync(reader))
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(_answer), _stopping.Token);
                if (SaysGoodbye is null) continue;
                if (SaysGoodbye == true) await stream.ShutdownAsync();
                socket.Shutdown(SocketShutdown.Send);
                await ReadHeadAsync(reader);
                return;
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException or SocketException)
        {
            // The client hung up, as it may.
        }
    }

    private async Task<bool> ReadHeadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(_stopping.Token) is { } line)
        {
            if (line.Length == 0) return true;
        }

        return false;
    }
}
