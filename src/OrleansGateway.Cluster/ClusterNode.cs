using Orleans.Configuration;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Cluster.Owners;
using OrleansGateway.Cluster.Tls;
using OrleansGateway.Configuration;
using StackExchange.Redis;

namespace OrleansGateway.Cluster;

/// <summary>This process as a member of its cluster, or as a client of it: Orleans, set up on purpose.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_findMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_findAgain = TimeSpan.FromMilliseconds(500);

    private readonly IHost _host;

    private ClusterNode(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Joins the cluster. Throws <see cref="IOException"/>, in words for an operator, if that cannot be.</summary>
    /// <param name="settings">Which cluster, and where this node is called.</param>
    /// <param name="owners">What a silo keeps owners with; none for an edge.</param>
    /// <param name="tls">What is put around connections; none if they are plain.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where faults are told.</param>
    /// <param name="cancellation">Gives the start up.</param>
    public static async Task<ClusterNode> JoinAsync(
        ClusterSettings settings, SiloParts? owners, NodeTls? tls, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(logs).AddSingleton(time).AddSingleton<IHostLifetime, NoSignals>();
        var redis = RedisOptions.Of(settings.Redis!, settings.RedisCa, "cluster.redis");
        if (owners is null) builder.UseOrleansClient(client =>
        {
            Set(client, settings, redis, time);
            tls?.Set(client);
        });
        else builder.UseOrleans(silo =>
        {
            Set(silo, settings, redis, owners);
            tls?.Set(silo);
        });
        if (tls is null) logs.CreateLogger<NodeTls>().NotEncrypted(settings.Silo);
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return new ClusterNode(host);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            host.Dispose();
            throw new IOException($"The cluster {settings.Name} cannot be joined: {failed.GetBaseException().Message}", failed);
        }
    }

    /// <summary>Leaves in order: a silo hands its owners over first.</summary>
    public Task LeaveAsync() => _host.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else _host.Dispose();
    }

    private static void Set(ISiloBuilder silo, ClusterSettings settings, ConfigurationOptions redis, SiloParts owners)
    {
        // Before the silo, and so stopped after it: owners are handed over under the silo's term.
        silo.Services.AddSingleton(owners.Owners).AddSingleton(owners.Lives).AddSingleton(owners.Hub).AddSingleton<ISiloMembership, TableMembership>().AddHostedService<SiloTerm>().AddHostedService<SiloWarmUp>();
        silo.Services.AddHostedService<KeptMembers>();
        silo.UseRedisClustering(options => options.ConfigurationOptions = redis)
            // The default one forgets grains of healthy silos when another dies.
            .AddDistributedGrainDirectory()
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Name, settings.Name))
            .Configure<EndpointOptions>(options =>
            {
                (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (settings.Silo.Address, settings.Silo.Port, settings.EdgePort);
                options.SiloListeningEndpoint = settings.Silo;
                options.GatewayListeningEndpoint = new IPEndPoint(settings.Silo.Address, settings.EdgePort);
            })
            .Configure<ClusterMembershipOptions>(SetMembership)
            .Configure<GrainDirectoryOptions>(options => options.RangeLeaseDuration = TimeSpan.FromSeconds(2))
            .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = s_answerMax)
            // Owners see to themselves when they are idle; this is for those whose own sweep does not run.
            .Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromHours(2));
    }

    /// <summary>A killed silo is declared dead after 0.5 to 1 s, in place of 5 to 14 s; one that stands still after 4 s, for as long as what it sent last is taken for a sign of life.</summary>
    private static void SetMembership(ClusterMembershipOptions options)
    {
        // As short at a silo's start as the shortest that comes of its measurements later.
        options.ProbeTimeout = TimeSpan.FromMilliseconds(500);
        options.MinProbeTimeout = TimeSpan.FromMilliseconds(500);
        // Half of those 4 s.
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 2;
        options.NumVotesForDeathDeclaration = 1;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
    }

    private static void Set(IClientBuilder client, ClusterSettings settings, ConfigurationOptions redis, TimeProvider time)
    {
        var began = time.GetTimestamp();
        client.UseRedisClustering(options => options.ConfigurationOptions = redis)
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Name, settings.Name))
            // A silo that has just joined may soon be the only one there is.
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromMilliseconds(500))
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = s_answerMax)
            // Edges and silos are often started together.
            .UseConnectionRetryFilter(async (_, cancellation) =>
            {
                if (time.GetElapsedTime(began) > s_findMax) return false;
                await Task.Delay(s_findAgain, time, cancellation);
                return true;
            });
    }

    /// <summary>Signals are the command line's: the gateway drains before its silo leaves.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>What a silo keeps owners with, and the hub if it is there.</summary>
internal sealed record SiloParts(SiloOwners Owners, Storage.Ledger.PostgresOwnerLives Lives, SiloHub Hub);
