using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>The operator's own listener: admin API, metrics and health, apart from what clients reach.</summary>
internal sealed class AdminListener : IAsyncDisposable
{
    /// <summary>Time that calls in flight get when it stops. It stops last; a peer that is silent half-way through a call must not hold up the program's end.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private AdminListener(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Throws <see cref="IOException"/> if the address cannot be bound.</summary>
    public static async Task<AdminListener> StartAsync(IServiceProvider services, AdminDirectory admins, CancellationToken cancellation)
    {
        // Before all else is made: what counts from zero says so when it is made, and is to be heard.
        var metrics = services.GetRequiredService<PrometheusText>();
        return await StartAsync(
            services.GetRequiredService<SnapshotSource>().Current.Settings.Listeners.Admin, services.GetRequiredService<ILoggerFactory>(), metrics,
            services.GetRequiredService<Readiness>(), cancellation, Api(services, admins).Map);
    }

    /// <summary>Metrics and health, and what else is mapped. Throws <see cref="IOException"/> if the address cannot be bound.</summary>
    public static async Task<AdminListener> StartAsync(
        IPEndPoint address, ILoggerFactory logs, PrometheusText metrics, Readiness readiness, CancellationToken cancellation, Action<IEndpointRouteBuilder>? map = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs).AddRoutingCore();
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(address);
        });
        var app = builder.Build();
        app.UseRouting();
        metrics.Map(app);
        readiness.Map(app);
        map?.Invoke(app);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new AdminListener(app);
    }

    /// <summary>That the address cannot be bound, in words for an operator.</summary>
    public static IOException Unbound(IPEndPoint address, Exception failed) => new($"The admin address {address} cannot be bound: {(failed.InnerException ?? failed).Message}", failed);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static AdminApi Api(IServiceProvider services, AdminDirectory admins)
    {
        var endpoints = AdminEndpoints.All(
            services.GetRequiredService<KeyDirectory>(),
            services.GetRequiredService<TenantDirectory>(),
            admins,
            services.GetRequiredService<ConfigurationChanges>(),
            services.GetRequiredService<IAuditLog>(),
            services.GetRequiredService<BudgetEndpoints>(),
            services.GetRequiredService<LimitEndpoints>(),
            services.GetRequiredService<UsageEndpoints>(),
            services.GetRequiredService<InsightEndpoints>(),
            services.GetRequiredService<AccountingEndpoints>(),
            services.GetRequiredService<WebhookEndpoints>(),
            services.GetRequiredService<PurgeEndpoints>(),
            services.GetRequiredService<EventIntakeEndpoints>(),
            services.GetRequiredService<CacheEndpoints>(),
            new ClusterEndpoints(services.GetService<IClusterNodes>(), services.GetRequiredService<IAuditLog>(), services.GetRequiredService<TimeProvider>()),
            services.GetRequiredService<StatusSource>().Now,
            services.GetRequiredService<UpstreamStatus>().Now,
            services.GetRequiredService<ScalingStatus>().Now,
            services.GetRequiredService<TimeProvider>());
        return new AdminApi(endpoints, admins, services.GetRequiredService<RequestIds>(), services.GetRequiredService<ILogger<AdminApi>>());
    }
}
