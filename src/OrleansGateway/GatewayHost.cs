using System.Net.Sockets;
using OrleansGateway.Accounting;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Scaling;
using OrleansGateway.Shedding;
using OrleansGateway.Storage;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway;

/// <summary>A running gateway: listeners, stages, engine and admin API, from one configuration file.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly AdminListener _admin;
    private readonly ScalerListener? _scaler;
    private readonly Task _watch;
    private readonly Task _overloadWatch;
    private readonly Task _scalingWatch;
    private readonly Task _limitsWatch;
    private readonly Task _evidence;
    private readonly Task _historyPurge;
    private readonly Task _events;
    private readonly Task _connectors;
    private readonly Task _changes;
    private readonly Task _versions;

    private GatewayHost(ServiceProvider services, AdminListener admin, ScalerListener? scaler, AdminDirectory admins, AdminToken token)
    {
        (_services, _admin, _scaler, AdminToken) = (services, admin, scaler, token);
        _watch = Configuration.WatchAsync(Changes.By(AuditActor.File), _stopping.Token);
        _overloadWatch = _services.GetRequiredService<Overload>().WatchAsync(_stopping.Token);
        _scalingWatch = _services.GetRequiredService<ScalingWatch>().RunAsync(_stopping.Token);
        _limitsWatch = Task.WhenAll(
            _services.GetRequiredService<EdgeLeases>().WatchAsync(_stopping.Token), _services.GetRequiredService<EdgeLeases>().SettleLateAsync(_stopping.Token));
        _evidence = Task.Run(() => _services.GetRequiredService<Evidence>().RunAsync(_stopping.Token));
        _historyPurge = _services.GetRequiredService<HistoryPurge>().RunAsync(_stopping.Token);
        _events = _services.GetRequiredService<EmbeddedEvents>().RunAsync(_stopping.Token);
        _connectors = Task.WhenAll(_services.GetServices<IConnector>().Select(connector => connector.RunAsync(_stopping.Token)));
        _versions = _services.GetService<SharedConfiguration>()?.RunAsync(_stopping.Token) ?? Task.CompletedTask;
        _changes = _services.GetService<SharedChanges>()?.RunAsync(admins, _stopping.Token) ?? Task.CompletedTask;
    }

    public SnapshotSource Configuration => _services.GetRequiredService<SnapshotSource>();

    private ConfigurationChanges Changes => _services.GetRequiredService<ConfigurationChanges>();

    /// <summary>Addresses that clients call.</summary>
    public IReadOnlyList<Uri> DataAddresses => _services.GetRequiredService<DataListeners>().Addresses;

    /// <summary>The way of a request, for one that comes from within the process.</summary>
    public Pipeline Pipeline => _services.GetRequiredService<Pipeline>();

    public Uri AdminAddress => _admin.Address;

    /// <summary>Where KEDA's external scaler is served; none if it is not.</summary>
    public Uri? ScalerAddress => _scaler?.Address;

    /// <summary>The token of the admin API; its text only at the start that made it.</summary>
    public AdminToken AdminToken { get; }

    /// <summary>
    /// Starts with a configuration that has been loaded. Throws <see cref="StorageException"/> or <see cref="IOException"/>, in words for an operator, if the state cannot be
    /// opened or an address cannot be bound.
    /// </summary>
    /// <param name="configuration">The configuration, loaded.</param>
    /// <param name="configFolder">Folder of the configuration: where its relative paths start.</param>
    /// <param name="configure">Adds or replaces parts.</param>
    /// <param name="cancellation">Gives the start up.</param>
    /// <param name="tokenMade">Told of an admin token as soon as it is made: if the start fails after that, the next one will not show it.</param>
    /// <param name="engine">What it stands on; none for the engine of one machine.</param>
    public static async Task<GatewayHost> StartAsync(
        SnapshotSource configuration, string configFolder, Action<IServiceCollection> configure, CancellationToken cancellation, Action<Secret>? tokenMade = null,
        IEngine? engine = null)
    {
        var services = new ServiceCollection();
        configure(services);
        services.AddSingleton(configuration).AddGateway(configFolder);
        var stateFolder = Path.Combine(configFolder, configuration.Current.Settings.State);
        if (engine is null) services.AddEmbeddedEngine(stateFolder);
        else engine.AddPorts(services, stateFolder);
        var provider = services.BuildServiceProvider();
        try
        {
            engine?.Observe(provider.GetRequiredService<GatewayMetrics>(), provider.GetRequiredService<Readiness>());
            return await StartAsync(provider, configFolder, tokenMade, cancellation);
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the configuration file anew, because a signal said so.</summary>
    public Task ReloadAsync(CancellationToken cancellation) => Configuration.ReloadAsync(Changes.By(AuditActor.Signal), cancellation);

    /// <summary>
    /// Says that it is not ready and goes on for the drain delay; then takes no more connections, finishes the requests in flight within the drain timeout, and cuts
    /// off the rest.
    /// </summary>
    public async Task StopAsync()
    {
        await _services.GetRequiredService<Drain>().RunAsync(() => Configuration.Current.Settings);
        await _services.GetRequiredService<EdgeLeases>().StopAsync();
        await _services.GetRequiredService<EmbeddedUsage>().StopAsync();
        await _services.GetRequiredService<EmbeddedEvents>().StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_watch, _overloadWatch, _scalingWatch, _limitsWatch, _historyPurge, _events, _evidence, _connectors, _changes, _versions);
        }
        catch (OperationCanceledException)
        {
            // Asked for above.
        }

        if (_scaler is not null) await _scaler.DisposeAsync();
        await _admin.DisposeAsync();
        await _services.DisposeAsync();
        _stopping.Dispose();
    }

    private static async Task<GatewayHost> StartAsync(ServiceProvider services, string configFolder, Action<Secret>? tokenMade, CancellationToken cancellation)
    {
        var configuration = services.GetRequiredService<SnapshotSource>();
        var settings = configuration.Current.Settings;
        if (settings.Rabbitmq is not null && !services.GetServices<IConnector>().Any()) throw new IOException("This program does not speak to RabbitMQ: take rabbitmq out of the configuration.");
        // Before the database is touched: another gateway may be at work on it.
        services.GetRequiredService<StateLock>();
        var token = new AdminToken(services.GetRequiredService<IAdminTokenStore>());
        var admins = ActivatorUtilities.CreateInstance<AdminDirectory>(services, token);
        var shared = services.GetService<SharedChanges>();
        if (shared is not null) await shared.StartAsync(LoadAsync, admins, cancellation);
        else await LoadAsync(cancellation);
        await services.GetRequiredService<EdgeLeases>().StartAsync(mayBeLate: shared is not null, cancellation);
        await services.GetRequiredService<EmbeddedEvents>().StartAsync(cancellation);
        await services.GetRequiredService<EmbeddedInvalidation>().StartAsync(cancellation);
        services.GetRequiredService<EmbeddedUsage>().Start();
        await services.GetRequiredService<Evidence>().BeginAsync(cancellation);
        Observe(configuration, services.GetRequiredService<GatewayMetrics>(), services.GetRequiredService<EdgeLeases>());

        await services.GetRequiredService<ConfigurationChanges>().RecordStartAsync(cancellation);
        var admin = await ListenAsync(services, admins, settings.Listeners.Admin, cancellation);
        // After the metrics listen, so that what counts from zero is seen at zero; before clients can call.
        var pools = services.GetRequiredService<UpstreamPools>();
        await pools.ApplyAsync(configuration.Current, cancellation);
        var data = services.GetRequiredService<DataListeners>();
        if (await data.ApplyAsync(configuration.Current, cancellation) is { } reason)
        {
            await admin.DisposeAsync();
            throw new IOException(reason);
        }

        var scaler = await ListenAsync(services, settings.Scaling, admin, cancellation);
        configuration.Prepare(data.ApplyAsync);
        // Last: it never says no, and what it did for a version that another refuses would have to be undone.
        configuration.Prepare(pools.ApplyAsync);
        var readiness = services.GetRequiredService<Readiness>();
        if (services.GetService<SharedConfiguration>() is { } versions)
        {
            readiness.Watch(versions.Troubles);
            services.GetRequiredService<GatewayMetrics>().WatchConfigBehind(() => versions.Behind);
        }

        foreach (var connector in services.GetServices<IConnector>()) readiness.Watch(connector.Troubles);
        readiness.ShowOn(services.GetRequiredService<GatewayMetrics>());
        readiness.MarkReady();
        return new GatewayHost(services, admin, scaler, admins, token);

        async Task LoadAsync(CancellationToken stop)
        {
            var state = Path.Combine(configFolder, settings.State);
            if (await token.MakeFirstAsync(state, services.GetRequiredService<TimeProvider>(), stop) is { } fresh) tokenMade?.Invoke(fresh);
            await services.GetRequiredService<TenantDirectory>().LoadAsync(stop);
            await admins.LoadAsync(stop);
            // Last: from then on a key that is not found is none.
            await services.GetRequiredService<KeyDirectory>().LoadAsync(stop);
        }
    }

    private static async Task<AdminListener> ListenAsync(ServiceProvider services, AdminDirectory admins, IPEndPoint address, CancellationToken cancellation)
    {
        try
        {
            return await AdminListener.StartAsync(services, admins, cancellation);
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            throw AdminListener.Unbound(address, failed);
        }
    }

    private static async Task<ScalerListener?> ListenAsync(IServiceProvider services, ScalingSettings settings, AdminListener admin, CancellationToken cancellation)
    {
        var watch = services.GetRequiredService<ScalingWatch>();
        await watch.LookAsync(cancellation);
        if (settings.Listen is not { } address) return null;
        try
        {
            return await ScalerListener.StartAsync(settings, watch, services.GetRequiredService<ILoggerFactory>(), cancellation);
        }
        catch (Exception failed)
        {
            await admin.DisposeAsync();
            if (failed is IOException or SocketException) throw new IOException($"The address {address} of scaling cannot be bound: {(failed.InnerException ?? failed).Message}", failed);
            throw;
        }
    }

    private static void Observe(SnapshotSource configuration, GatewayMetrics metrics, EdgeLeases leases)
    {
        metrics.ConfigServed(configuration.Current.Version);
        configuration.Reloaded = result =>
        {
            if (result.Changed || result.Faults.Count > 0) metrics.ConfigReloaded(applied: result.Changed);
            metrics.ConfigServed(result.Version);
            // Before whoever asked for the reload is answered: the next requests go by the new limits.
            leases.RulesChanged();
        };
    }
}
