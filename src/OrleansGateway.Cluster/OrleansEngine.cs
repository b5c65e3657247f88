using System.CommandLine;
using System.Security.Cryptography;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Cluster.Caching;
using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Cluster.Nodes;
using OrleansGateway.Cluster.Owners;
using OrleansGateway.Cluster.Scaling;
using OrleansGateway.Cluster.Tls;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Invalidation;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Scaling;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Usage;

namespace OrleansGateway.Cluster;

/// <summary>
/// The engine of a cluster: every port that nodes share, and what stands behind it. Truth lives in PostgreSQL. What is not in the list is each node's own, as
/// <see cref="EmbeddedEngine"/> has it.
/// </summary>
internal sealed class OrleansEngine : IEngine
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly PostgresDatabase _database;
    private readonly PostgresLedgerStore _ledger;
    private readonly ClusterNode _node;
    private readonly SiloOwners? _silo;
    private readonly GrainOwners _owners;
    private readonly InvalidationTable _invalidations = new();
    private readonly HubFollower _follower;
    private readonly RedisSecondLevel? _secondLevel;
    private readonly PostgresNodes _nodes;
    private readonly NodeReporter _reporter;
    private readonly RuleTables _rules;
    private readonly ClusterSettings _settings;
    private readonly ClusterRole _role;
    private readonly SharedConfiguration _configuration;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watch;
    private RuleTable _told;
    private bool _hasLeft;

    private OrleansEngine(
        GatewaySettings gateway, ClusterRole role, PostgresDatabase database, SharedConfiguration configuration, ClusterNode node, SiloOwners? silo, RuleTables rules, ILoggerFactory logs)
    {
        var settings = gateway.Cluster!;
        (_settings, _role, _database, _configuration, _node, _silo, _rules) = (settings, role, database, configuration, node, silo, rules);
        _ledger = new PostgresLedgerStore(database, TimeProvider.System);
        _owners = new GrainOwners(node.Grains, _ledger, new PostgresOwnerLives(database), silo, id => rules.Current.SpecOf(id), TimeProvider.System);
        _told = rules.Current;
        _follower = new HubFollower(node.Grains, _invalidations, gateway.Cache.SecondLevel?.Remembers ?? 0, TimeProvider.System, logs.CreateLogger<HubFollower>());
        if (HasEdge)
        {
            _follower.Start();
            _secondLevel = RedisSecondLevel.Begin(gateway, _follower, TimeProvider.System, logs.CreateLogger<RedisSecondLevel>());
        }

        _nodes = new PostgresNodes(database, settings.Name);
        _reporter = new NodeReporter(
            _nodes, settings, role, silo is null ? null : new SiloFigures(silo, TimeProvider.System), TimeProvider.System, logs.CreateLogger<NodeReporter>());
        _watch = HasEdge ? Task.CompletedTask : Task.WhenAll(WatchAsync(), configuration.RunAsync(_stopping.Token));
    }

    public bool HasEdge => _role != ClusterRole.Silo;

    public CancellationToken ToldToLeave => _reporter.ToldToLeave;

    public string Greeting => _role == ClusterRole.Edge ? $"Edge of the cluster {_settings.Name}" : $"Silo of the cluster {_settings.Name} at {_settings.Silo}";

    /// <summary>Connects to PostgreSQL and joins the cluster, as <c>serve</c> says.</summary>
    public static async Task<IEngine> OpenAsync(ParseResult parsed, SnapshotSource configuration, ILoggerFactory logs, CancellationToken cancellation)
    {
        var role = parsed.GetRequiredValue(ClusterRoles.Option);
        var settings = configuration.Current.Settings.Cluster
            ?? throw new IOException("The configuration has no section cluster. Add one, or run the program gateway, which is one machine.");
        var time = TimeProvider.System;
        var database = await PostgresDatabase.OpenAsync(settings.Postgres!.Reveal(), time, logs.CreateLogger<PostgresDatabase>(), cancellation, node: settings.Silo.ToString(), mayBeDown: true);
        try
        {
            var shared = await BeginAsync(database, configuration, time, logs, cancellation);
            var rules = new RuleTables(() => configuration.Current, new NoEdge(), time);
            var silo = role == ClusterRole.Edge ? null : OwnersOf(database, rules, time, logs);
            // Whether there is TLS is settled at start; what it goes by is read again when files change.
            var tls = settings.Tls is null ? null : new NodeTls(() => configuration.Current.Settings.Cluster!.Tls!, time, logs.CreateLogger<NodeTls>());
            var node = await ClusterNode.JoinAsync(settings, silo is null ? null : PartsOf(silo, database, time), tls, time, logs, cancellation);
            return new OrleansEngine(configuration.Current.Settings, role, database, shared, node, silo, rules, logs);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public void AddPorts(IServiceCollection services, string stateFolder)
    {
        services.AddSingleton<ILedgerStore>(_ledger);
        services.AddSingleton<ILedgerHistory>(_ledger);
        services.AddSingleton<IOwnerEngine>(_owners);
        services.AddSingleton<ILeaseOwners>(_owners);
        services.AddSingleton<IOwnerViews>(_owners);
        services.AddSingleton<IBudgets>(_owners);
        services.AddSingleton(provider => new PostgresUsageStore(_database, tell: added => UsageEvents.Of(added, provider.GetRequiredService<EventLog>())));
        services.AddSingleton<IUsageStore>(static provider => provider.GetRequiredService<PostgresUsageStore>());
        services.AddSingleton<IUsageReports>(static provider => provider.GetRequiredService<PostgresUsageStore>());
        services.AddSingleton(_invalidations);
        if (_secondLevel is not null) services.AddSingleton<ISecondLevelStore>(_secondLevel);
        services.AddSingleton<IInvalidationSequencer>(provider => new WatchedSequencer(
            new ClusterSequencer(_node.Grains, _follower, TimeProvider.System), provider.GetRequiredService<InvalidationMetrics>(), provider.GetRequiredService<RecentPurges>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<INodeLoads>(provider => new ClusterNodeLoads(
            _node.Grains, provider.GetRequiredService<EdgeSession>().Id, provider.GetRequiredService<ILogger<ClusterNodeLoads>>()));
        services.AddSingleton<IClusterNodes>(provider =>
        {
            // Made when the admin API is, and so when there is a gateway that can be told of.
            _reporter.Shows(new EdgeFigures(
                provider.GetRequiredService<Readiness>(), provider.GetRequiredService<GatewayMetrics>(), _follower, _invalidations, provider.GetRequiredService<UsageShipper>()));
            return _nodes;
        });
        services.AddSingleton<IParkedMessages>(provider => new CountedMessages(new PostgresParkedMessages(_database), provider.GetRequiredService<InvalidationMetrics>()));
        AddAdmin(services);
        AddEvents(services);
        services.AddEmbeddedEngine(stateFolder);
    }

    public void Observe(GatewayMetrics metrics, Readiness readiness)
    {
        _silo?.Observe(metrics, readiness);
        // Where there is an edge, its gateway shows them.
        if (HasEdge) return;
        readiness.Watch(_configuration.Troubles);
        metrics.WatchConfigBehind(() => _configuration.Behind);
    }

    public void RulesChanged()
    {
        if (_rules.Current is var table && Interlocked.Exchange(ref _told, table) != table) _owners.SpecsChanged();
    }

    public async Task StopAsync()
    {
        if (_hasLeft) return;
        _hasLeft = true;
        _reporter.Leaves();
        await _stopping.CancelAsync();
        await _watch;
        if (_secondLevel is not null) await _secondLevel.DisposeAsync();
        if (HasEdge) await _follower.DisposeAsync();
        await _node.LeaveAsync();
        await _reporter.DisposeAsync();
    }

    /// <summary>Leaves in order too, where a gateway could not be started on it: the others need not wait to find out.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _node.DisposeAsync();
        await _database.DisposeAsync();
        _stopping.Dispose();
    }

    private void AddAdmin(IServiceCollection services)
    {
        var admins = new PostgresAdminStore(_database);
        services.AddSingleton<IKeyStore>(new PostgresKeyStore(_database));
        services.AddSingleton<ITenantStore>(new PostgresTenantStore(_database));
        services.AddSingleton<IAdminStore>(admins);
        services.AddSingleton<IAdminTokenStore>(admins);
        services.AddSingleton<IAuditLog>(new PostgresAuditLog(_database));
        services.AddSingleton<IConfigurationHistory>(new PostgresConfigurations(_database));
        services.AddSingleton(_configuration);
        services.AddSingleton<SharedChanges>();
    }

    private void AddEvents(IServiceCollection services)
    {
        services.AddSingleton(provider => new PostgresEventDuty(_database, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PostgresEventDuty>>()));
        services.AddSingleton<IEventDuty>(static provider => provider.GetRequiredService<PostgresEventDuty>());
        services.AddSingleton<IEventStore>(provider => new PostgresEventStore(_database, TermOf(provider), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IWebhookStore>(provider => new PostgresWebhookStore(_database, TermOf(provider)));
        services.AddSingleton<SharedEvents>();
    }

    private static Func<long> TermOf(IServiceProvider provider)
    {
        var duty = provider.GetRequiredService<IEventDuty>();
        // No term is below the first.
        return () => duty.Term ?? -1;
    }

    /// <summary>Before anything goes by what is in the file.</summary>
    private static async Task<SharedConfiguration> BeginAsync(
        PostgresDatabase database, SnapshotSource configuration, TimeProvider time, ILoggerFactory logs, CancellationToken cancellation)
    {
        var settings = configuration.Current.Settings;
        var state = Path.Combine(configuration.Folder, settings.State);
        SqliteDatabase.CreateFolder(state);
        var shared = new SharedConfiguration(
            configuration, new PostgresConfigurations(database), new KeptConfiguration(state, settings.Cluster!.Name), time, logs.CreateLogger<SharedConfiguration>());
        await shared.BeginAsync(cancellation);
        return shared;
    }

    private static SiloOwners OwnersOf(PostgresDatabase database, RuleTables rules, TimeProvider time, ILoggerFactory logs) => new(
        new PostgresLedgerStore(database, time),
        new PostgresOwnerLives(database),
        id => rules.Current.SpecOf(id),
        time,
        new Guid(RandomNumberGenerator.GetBytes(16)).ToString("N"),
        logs.CreateLogger<SiloOwners>());

    private static SiloParts PartsOf(SiloOwners silo, PostgresDatabase database, TimeProvider time)
    {
        var lives = new PostgresOwnerLives(database);
        var hub = new SiloHub(new PostgresInvalidationLog(database, time), lives, silo, time);
        hub.Watch();
        return new SiloParts(silo, lives, hub);
    }

    /// <summary>Notices boosts that begin or end; where there is an edge, that does.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(s_lookEvery, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token)) RulesChanged();
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
