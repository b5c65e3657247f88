using OrleansGateway.Configuration;

namespace OrleansGateway.Telemetry;

/// <summary>Registers logs, metrics, traces and health.</summary>
internal static class TelemetryServices
{
    /// <param name="services">Where to register.</param>
    /// <param name="configFolder">Folder of the configuration: where the access log's relative paths start.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, string configFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GatewayMetrics>();
        services.TryAddSingleton<PrometheusText>();
        services.TryAddSingleton<Readiness>();
        services.TryAddSingleton(provider => new AccessLog(
            configFolder,
            Console.OpenStandardOutput(),
            provider.GetRequiredService<GatewayMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AccessLog>>()));
        services.TryAddSingleton<AccessLogStage>();
        services.TryAddSingleton(provider => new OtlpExport(
            provider.GetRequiredService<SnapshotSource>().Current.Settings.Telemetry,
            provider.GetRequiredService<GatewayMetrics>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILogger<OtlpExport>>()));
        services.TryAddSingleton<TracingStage>();
        return services;
    }
}
