using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
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
        var configuration = services.GetRequiredService<SnapshotSource>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(services.GetRequiredService<ILoggerFactory>()).AddRoutingCore();
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(configuration.Current.Settings.Listeners.Admin);
        });
        var app = builder.Build();
        app.UseRouting();
        services.GetRequiredService<PrometheusText>().Map(app);
        services.GetRequiredService<Readiness>().Map(app);
        Api(services, admins).Map(app);
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
