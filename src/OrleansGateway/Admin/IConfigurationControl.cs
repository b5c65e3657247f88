using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>What the admin API needs of the configuration: to see the one in force, and to load it anew.</summary>
internal interface IConfigurationControl
{
    /// <summary>The configuration in force.</summary>
    Snapshot Current { get; }

    /// <summary>When the one in force was loaded.</summary>
    DateTimeOffset LoadedAt { get; }

    /// <summary>What was wrong with the last file read; none if it came into force.</summary>
    IReadOnlyList<Fault> LastFaults { get; }

    /// <summary>Reads the file anew. Returns what is wrong with it; none if it is in force now. An invalid file changes nothing.</summary>
    Task<IReadOnlyList<Fault>> ReloadAsync(CancellationToken cancellation);
}
