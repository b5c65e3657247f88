using OrleansGateway.Admin;
using OrleansGateway.Auth;
using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Routing;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;
using OrleansGateway.Usage;

namespace OrleansGateway;

/// <summary>All parts of the gateway but the engine.</summary>
internal static class GatewayServices
{
    public static IServiceCollection AddGateway(this IServiceCollection services, string configFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        return services.AddTelemetry(configFolder).AddCallers().AddModels().AddPipeline().AddAdmin();
    }

    private static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.TryAddSingleton<ConfigurationChanges>();
        services.TryAddSingleton<RecentAttempts>();
        services.TryAddSingleton<StatusSource>();
        return services;
    }

    private static IServiceCollection AddCallers(this IServiceCollection services)
    {
        services.TryAddSingleton<KeyDirectory>();
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
        services.TryAddSingleton<UsageStage>();
        services.TryAddSingleton(provider => new Http1Upstream(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<HttpUpstream>();
        services.TryAddSingleton<Upstreams>();
        services.TryAddSingleton<Attempts>();
        services.TryAddSingleton<RouteStage>();
        services.TryAddSingleton<UpstreamStage>();
        return services;
    }

    private static IServiceCollection AddPipeline(this IServiceCollection services)
    {
        services.TryAddSingleton<Func<Snapshot>>(provider =>
        {
            var source = provider.GetRequiredService<SnapshotSource>();
            return () => source.Current;
        });
        services.TryAddSingleton<ErrorStage>();
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
