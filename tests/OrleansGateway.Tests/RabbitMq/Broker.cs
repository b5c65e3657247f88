using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Transport;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>
/// A RabbitMQ of the tests' own, by <c>tests/rabbitmq.sh</c>: on free ports of the loopback, its data in a temporary folder. It ends with the tests, however they end: the script
/// waits for its standard input to close.
/// </summary>
internal sealed class Broker : IAsyncDisposable
{
    public const string User = "gateway";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-rabbitmq-");
    private readonly int[] _ports = FreePorts(5);
    private readonly HttpClient _management;
    private Process? _script;
    private int _virtualHosts;

    private Broker()
    {
        _management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_ports[1]}/api/") };
        _management.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{User}:{User}")));
        Certificates = new PemFolder();
        var authority = new TestAuthority();
        Authority = Certificates.Write("ca.pem", authority.Pem);
        var server = authority.Write(Certificates, "localhost");
        Client = authority.Write(Certificates, "client");
        foreach (var (from, to) in ((string, string)[])[(Authority, "ca.pem"), (server.Certificate, "server.pem"), (server.Key, "server.key")])
            File.Copy(from, Path.Combine(_folder.FullName, to));
    }

    public int Port => _ports[0];

    /// <summary>With TLS, for clients with a certificate of <see cref="Authority"/>.</summary>
    public int TlsPort => _ports[4];

    public PemFolder Certificates { get; }

    public string Authority { get; }

    public (string Certificate, string Key) Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Broker> StartAsync()
    {
        var broker = new Broker();
        try
        {
            await broker.RestartAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops in order, and starts again.</summary>
    public async Task RestartAsync()
    {
        await EndAsync();
        await StopAsync();
        string[] arguments = [_folder.FullName, .. _ports.Select(p => p.ToString(CultureInfo.InvariantCulture))];
        _script = Process.Start(new ProcessStartInfo(Repository.PathOf("tests/rabbitmq.sh"), arguments) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
        await ReadyAsync();
    }

    /// <summary>Asks it to stop, and waits until it has.</summary>
    private async Task EndAsync()
    {
        if (_script is null) return;
        var server = (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "server"), Cancel)).Trim();
        using var kill = Process.Start("kill", ["-TERM", server]);
        await kill.WaitForExitAsync(Cancel);
        while (Directory.Exists("/proc/" + server)) await Task.Delay(TimeSpan.FromMilliseconds(50), Cancel);
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task StopAsync()
    {
        if (_script is null) return;
        _script.StandardInput.Close();
        await _script.WaitForExitAsync(CancellationToken.None);
        _script.Dispose();
        _script = null;
    }

    /// <summary>A new virtual host that the user may do anything in.</summary>
    public async Task<string> NewVirtualHostAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _virtualHosts)}");
        await PutAsync($"vhosts/{name}", new { });
        await PutAsync($"permissions/{name}/{User}", new { configure = ".*", write = ".*", read = ".*" });
        return name;
    }

    /// <summary>What the broker says of something, such as <c>queues/vhost/name</c>.</summary>
    public Task<JsonElement> AskAsync(string path) => _management.GetFromJsonAsync<JsonElement>(path, Cancel);

    public Task<IConnection> ConnectAsync(string virtualHost) => FactoryOf(virtualHost).CreateConnectionAsync(Cancel);

    /// <summary>Messages that a queue has to give, and its readers; none if there is no such queue. Of this moment, which what it is asked by HTTP is not.</summary>
    public async Task<QueueDeclareOk?> QueueAsync(string virtualHost, string queue)
    {
        await using var connection = await ConnectAsync(virtualHost);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        try
        {
            return await channel.QueueDeclarePassiveAsync(queue, Cancel);
        }
        catch (OperationInterruptedException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _management.Dispose();
        Certificates.Dispose();
        _folder.Delete(recursive: true);
    }

    private ConnectionFactory FactoryOf(string virtualHost) =>
        new() { HostName = "127.0.0.1", Port = Port, UserName = User, Password = User, VirtualHost = virtualHost, AutomaticRecoveryEnabled = false };

    private async Task PutAsync(string path, object body)
    {
        using var response = await _management.PutAsJsonAsync(path, body, Cancel);
        response.EnsureSuccessStatusCode();
    }

    private async Task ReadyAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var often = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                await using var connection = await FactoryOf("/").CreateConnectionAsync(patience.Token);
                return;
            }
            catch (BrokerUnreachableException) when (!patience.IsCancellationRequested && !_script!.HasExited)
            {
                await often.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    // All at once, so that no two are the same.
    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
