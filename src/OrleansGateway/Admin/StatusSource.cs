using System.Reflection;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>The gateway as it is now, for an operator's first look.</summary>
internal sealed class StatusSource(
    ConfigurationChanges changes, DataListeners listeners, KeyDirectory keys, RecentAttempts recent, Readiness readiness, TimeProvider time)
{
    /// <summary>Version of this program.</summary>
    public static readonly string ProgramVersion =
        typeof(StatusSource).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly SnapshotSource _configuration = changes.Source;
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _startedTimestamp = time.GetTimestamp();

    public StatusDocument Now() => new(
        ProgramVersion,
        _startedAt,
        (long)time.GetElapsedTime(_startedTimestamp).TotalSeconds,
        readiness.Word,
        [.. listeners.Addresses.Select(a => a.ToString())],
        _configuration.Current.Settings.Listeners.Admin.ToString(),
        recent.InFlight,
        keys.Count,
        ConfigurationDocument.Of(changes),
        [.. _configuration.Current.Settings.Providers.Keys.Order(StringComparer.Ordinal).Select(ProviderOf)]);

    private ProviderDocument ProviderOf(string id)
    {
        var (attempts, failures) = recent.Of(id);
        var health = attempts == 0 ? "idle" : failures * 2 >= attempts ? "failing" : failures > 0 ? "degraded" : "healthy";
        return new ProviderDocument(id, health, attempts, failures);
    }
}
