using OrleansGateway.Accounting;
using OrleansGateway.Admin;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Auth;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Budgets;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Models;
using OrleansGateway.Caching.Reading;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Compression;
using OrleansGateway.Configuration;
using OrleansGateway.Cors;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Routing;
using OrleansGateway.Scaling;
using OrleansGateway.SelfService;
using OrleansGateway.Shedding;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Adaptive;
using OrleansGateway.Upstream.Http1;
using OrleansGateway.Upstream.Pools;
using OrleansGateway.Usage;

namespace OrleansGateway;

/// <summary>All parts of the gateway but the engine.</summary>
internal static class GatewayServices
{
    public static IServiceCollection AddGateway(this IServiceCollection services, string configFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        return services.AddTelemetry(configFolder).AddCallers().AddModels().AddUpstreamPools(configFolder).AddPipeline().AddLimits().AddShedding().AddScaling().AddAdmin();
    }

    private static IServiceCollection AddShedding(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new Overload(
            provider.GetRequiredService<Func<Snapshot>>(),
            provider.GetRequiredService<GatewayMetrics>(),
            ProcessMemory.ShareHeld,
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Overload>>()));
        services.TryAddSingleton<ShedStage>();
        services.TryAddSingleton<DrainStage>();
        services.TryAddSingleton<Drain>();
        return services;
    }

    private static IServiceCollection AddScaling(this IServiceCollection services)
    {
        services.TryAddSingleton<INodeLoads, OneNode>();
        services.TryAddSingleton<LoadMeter>();
        services.TryAddSingleton<ScalingWatch>();
        return services;
    }

    private static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.TryAddSingleton<ConfigurationChanges>();
        services.TryAddSingleton<RecentAttempts>();
        services.TryAddSingleton<StatusSource>();
        services.TryAddSingleton<UpstreamStatus>();
        services.TryAddSingleton<ScalingStatus>();
        services.AddAccounting();
        services.TryAddSingleton<BudgetEndpoints>();
        services.TryAddSingleton<LimitEndpoints>();
        services.TryAddSingleton<UsageEndpoints>();
        services.TryAddSingleton<NearLimitSearch>();
        services.TryAddSingleton<InsightEndpoints>();
        services.TryAddSingleton<WebhookEndpoints>();
        services.TryAddSingleton<PurgeEndpoints>();
        services.TryAddSingleton<CacheEndpoints>();
        services.TryAddSingleton<EventIntakeEndpoints>();
        return services;
    }

    private static void AddAccounting(this IServiceCollection services)
    {
        services.TryAddSingleton<Evidence>();
        services.TryAddSingleton<SettlementByHand>();
        services.TryAddSingleton<UsageAudit>();
        services.TryAddSingleton<RerateBudgets>();
        services.TryAddSingleton<Rerate>();
        services.TryAddSingleton<AccountingEndpoints>();
    }

    private static IServiceCollection AddCallers(this IServiceCollection services)
    {
        services.TryAddSingleton<WriteTurn>();
        services.TryAddSingleton<TenantDirectory>();
        services.TryAddSingleton<KeyDirectory>();
        services.TryAddSingleton<ITenants>(provider => provider.GetRequiredService<TenantDirectory>());
        services.TryAddSingleton<ICallers>(provider => provider.GetRequiredService<KeyDirectory>());
        services.TryAddSingleton<JwkClient>();
        services.TryAddSingleton<IssuerKeys>();
        services.TryAddSingleton<TokenVerifier>();
        services.TryAddSingleton(new TokenCache());
        services.TryAddSingleton<TokenCallers>();
        services.TryAddSingleton<AuthStage>();
        services.TryAddSingleton<ExternalAuthClient>();
        services.TryAddSingleton<ExternalAuthStage>();
        return services;
    }

    private static IServiceCollection AddModels(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelStage>();
        services.AddUsage();
        services.AddModelCache();
        services.TryAddSingleton(provider => new Http1Upstream(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Http1Upstream>>()));
        services.TryAddSingleton(provider => new HttpUpstream(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HttpUpstream>>()));
        services.TryAddSingleton<Carriers>();
        services.TryAddSingleton<Upstreams>();
        services.TryAddSingleton<AdaptiveGates>();
        services.TryAddSingleton<Attempts>();
        services.TryAddSingleton<UpstreamStage>();
        return services;
    }

    private static void AddUsage(this IServiceCollection services)
    {
        services.TryAddSingleton<TokenCounter>();
        services.TryAddSingleton<Billing>();
        services.TryAddSingleton(provider => new UsageRecords(
            new UsageIds(provider.GetRequiredService<EdgeSession>().Id, provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<EdgeSession>().Id,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<UsageTail>();
        services.TryAddSingleton<UsageMeter>();
        services.TryAddSingleton<ICallMeter>(provider => provider.GetRequiredService<UsageMeter>());
        services.TryAddSingleton<MeterStage>();
        services.TryAddSingleton<UsageStage>();
    }

    private static void AddModelCache(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelCacheMetrics>();
        services.TryAddSingleton(provider => new ModelCache(
            provider.GetRequiredService<Func<Snapshot>>()().Settings.Cache.ModelMemory.Bytes,
            provider.GetRequiredService<ModelCacheMetrics>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<AnswerDesk>();
        services.TryAddSingleton<ModelCacheStage>();
    }

    private static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.TryAddSingleton<RuleTables>();
        services.TryAddSingleton<Admitter>();
        services.TryAddSingleton<LimitExplanation>();
        services.TryAddSingleton<LimitStage>();
        services.TryAddSingleton<BudgetStage>();
        return services;
    }

    private static IServiceCollection AddUpstreamPools(this IServiceCollection services, string configFolder)
    {
        services.TryAddSingleton<UpstreamMetrics>();
        services.TryAddSingleton<Carriers>();
        services.TryAddSingleton(provider => new UpstreamPools(
            provider.GetRequiredService<Carriers>().For,
            configFolder,
            provider.GetRequiredService<UpstreamMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILogger<UpstreamPools>>()));
        services.TryAddSingleton<Origin>();
        services.TryAddSingleton<ForwardStage>();
        services.AddCaching(configFolder);
        return services;
    }

    private static void AddCaching(this IServiceCollection services, string configFolder)
    {
        services.TryAddSingleton<CacheMetrics>();
        services.TryAddSingleton<CacheFigures>();
        services.TryAddSingleton<DiskMetrics>();
        services.TryAddSingleton(provider => new DiskCache(
            provider.GetRequiredService<Func<Snapshot>>()().Settings.Cache.Disk,
            configFolder,
            provider.GetRequiredService<InvalidationTable>(),
            provider.GetRequiredService<DiskMetrics>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DiskCache>>()));
        services.TryAddSingleton<SecondLevelMetrics>();
        services.TryAddSingleton(provider => new SecondLevelCache(
            provider.GetService<ISecondLevelStore>(),
            provider.GetRequiredService<Func<Snapshot>>()().Settings.Cache.SecondLevel,
            provider.GetRequiredService<InvalidationTable>(),
            provider.GetRequiredService<SecondLevelMetrics>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<AnswerCache>();
        services.TryAddSingleton<CacheFetch>();
        services.TryAddSingleton<CachePassing>();
        services.TryAddSingleton<PurgeMethod>();
        services.TryAddSingleton<CacheStage>();
        services.TryAddSingleton<CacheExplainer>();
    }

    private static IServiceCollection AddPipeline(this IServiceCollection services)
    {
        services.TryAddSingleton<Func<Snapshot>>(provider =>
        {
            var source = provider.GetRequiredService<SnapshotSource>();
            return () => source.Current;
        });
        services.TryAddSingleton<ErrorStage>();
        services.TryAddSingleton<OwnUsageStage>();
        services.TryAddSingleton<RouteStage>();
        services.TryAddSingleton<SocketStage>();
        services.TryAddSingleton<CorsStage>();
        services.TryAddSingleton<CompressionStage>();
        services.TryAddSingleton<FixedAnswerStage>();
        services.TryAddSingleton<FramingStage>();
        services.TryAddSingleton<RequestIds>();
        services.TryAddSingleton(provider => new Pipeline(
            Stages.InOrder(provider),
            provider.GetRequiredService<Func<Snapshot>>(),
            provider.GetRequiredService<RequestIds>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<DataListeners>();
        return services;
    }
}
