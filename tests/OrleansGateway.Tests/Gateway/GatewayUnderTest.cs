using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Topologies;

namespace OrleansGateway.Tests.Gateway;

/// <summary>
/// A whole gateway on loopback, from a configuration given as text; its ports are free ones, its state lies in a folder of its own. Or a cluster of them, where <see cref="Topology"/> says so.
/// </summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    /// <summary>A key of the tenant <c>acme</c> that every configuration made here has.</summary>
    public const string Key = "test-key-0123456789-0123456789";

    private const string Head = """
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: {}}
        keys: {test: {tenant: acme, secret: test-key-0123456789-0123456789}}
        routes: {default: {path: /}}

        """;

    private readonly DirectoryInfo _folder;
    private readonly ILoggerFactory _logs;
    private readonly SnapshotSource _source;
    private GatewayHost? _host;
    private ClusterUnderTest? _cluster;
    private Action<IServiceCollection>? _configure;
    private string? _adminToken;

    private GatewayUnderTest(TimeProvider time, ILoggerProvider? logs, string? folder)
    {
        _folder = folder is null ? Directory.CreateTempSubdirectory("gateway-") : Directory.CreateDirectory(folder);
        _logs = LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace);
            if (logs is not null) logging.AddProvider(logs);
        });
        _source = new SnapshotSource(Path.Combine(_folder.FullName, "gateway.yaml"), _ => null, time, _logs.CreateLogger<SnapshotSource>());
    }

    /// <summary>What is inside the process: not on a cluster.</summary>
    public GatewayHost Host
    {
        get
        {
            Topology.SkipOnCluster("looks inside the process.");
            return _host!;
        }
    }

    /// <summary>Where it keeps its state, and the files that the configuration names: not on a cluster, where each node has its own.</summary>
    public string Folder
    {
        get
        {
            Topology.SkipOnCluster("looks into the gateway's folder.");
            return _folder.FullName;
        }
    }

    /// <summary>Root of the data listener, without <c>/v1</c>.</summary>
    public Uri Url => _cluster?.Url ?? Host.DataAddresses[0];

    public Uri AdminAddress => _cluster?.AdminAddress ?? Host.AdminAddress;

    /// <summary>The admin token, which the first start makes.</summary>
    public string AdminToken => _cluster?.AdminToken ?? _adminToken ?? Host.AdminToken.Fresh!.Reveal();

    /// <summary>A client that carries the key.</summary>
    public HttpClient Client { get; } = new();

    /// <param name="models">The sections <c>providers</c> and <c>models</c>, and any other but those of every test.</param>
    /// <param name="time">A clock of the test's own; default the real one.</param>
    /// <param name="logs">Where to send logs besides; default nowhere.</param>
    /// <param name="replace">Puts parts of the test's own in.</param>
    public static Task<GatewayUnderTest> StartAsync(string models, TimeProvider? time = null, ILoggerProvider? logs = null, Action<IServiceCollection>? replace = null) =>
        StartWholeAsync(Head + models, time, logs, replace);

    /// <summary>The same with a configuration that is written out whole, and in a folder of the test's own.</summary>
    public static async Task<GatewayUnderTest> StartWholeAsync(
        string yaml, TimeProvider? time = null, ILoggerProvider? logs = null, Action<IServiceCollection>? replace = null, string? folder = null)
    {
        if (Topology.IsCluster) return await StartClusterAsync(yaml, time, logs is not null || replace is not null || folder is not null);
        var gateway = new GatewayUnderTest(time ?? TimeProvider.System, logs, folder);
        await File.WriteAllTextAsync(Path.Combine(gateway.Folder, "gateway.yaml"), yaml);
        var faults = gateway._source.Load();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        gateway._configure = services =>
        {
            services.AddLogging().Replace(ServiceDescriptor.Singleton(gateway._logs));
            services.AddSingleton(time ?? TimeProvider.System);
            services.AddSingleton(new Random(1));
            replace?.Invoke(services);
        };
        gateway._host = await GatewayHost.StartAsync(gateway._source, gateway.Folder, gateway._configure, TestContext.Current.CancellationToken);
        return gateway.WithClient();
    }

    /// <summary>The nodes of <see cref="Topology"/> with that configuration.</summary>
    private static async Task<GatewayUnderTest> StartClusterAsync(string yaml, TimeProvider? time, bool isWithin)
    {
        if (isWithin) Topology.SkipOnCluster("puts parts of its own into the process.");
        (time as ManualTime)?.GoesElsewhere();
        var gateway = new GatewayUnderTest(TimeProvider.System, logs: null, folder: null);
        try
        {
            gateway._cluster = await ClusterUnderTest.StartAsync(yaml, TestContext.Current.CancellationToken);
            return gateway.WithClient();
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    private GatewayUnderTest WithClient()
    {
        Client.BaseAddress = Url;
        Client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return this;
    }

    /// <summary>Stops it, and starts it again on what it has kept. Its address is another one: answers another client.</summary>
    /// <param name="whileDown">What happens between.</param>
    public async Task<HttpClient> RestartAsync(Func<Task>? whileDown = null)
    {
        // Only the first start tells it.
        _adminToken ??= Host.AdminToken.Fresh?.Reveal();
        await Host.StopAsync();
        await Host.DisposeAsync();
        if (whileDown is not null) await whileDown();
        _host = await GatewayHost.StartAsync(_source, Folder, _configure!, TestContext.Current.CancellationToken);
        return new HttpClient { BaseAddress = Url, DefaultRequestHeaders = { Authorization = new("Bearer", Key) } };
    }

    /// <summary>Writes the configuration anew; a reload takes it over.</summary>
    public void Write(string models) => File.WriteAllText(Path.Combine(Folder, "gateway.yaml"), Head + models);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_host is not null)
        {
            await _host.StopAsync();
            await _host.DisposeAsync();
        }

        if (_cluster is not null) await _cluster.DisposeAsync();
        _source.Dispose();
        _logs.Dispose();
        _folder.Delete(recursive: true);
    }
}
