using System.Buffers;
using System.Data.Common;
using System.Text;
using System.Text.Json;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>
/// Notes every change of the configuration, whoever made it, in history and audit log. The file is changed before: what a crash in between leaves unnoted, the next
/// start notes.
/// </summary>
internal sealed class ConfigurationChanges(SnapshotSource source, IConfigurationHistory history, IAuditLog audit, TimeProvider time, ILogger<ConfigurationChanges> log, SharedConfiguration? shared = null)
{
    public SnapshotSource Source => source;

    /// <summary>What is wrong between this node and its cluster; none on one machine.</summary>
    public SharedConfiguration? Shared => shared;

    public IConfigurationHistory History => history;

    /// <summary>Puts a text in force: of this machine, or of all nodes of the cluster.</summary>
    public async Task<ApplyResult> ApplyAsync(ApplyRequest request, AuditActor by, string action, CancellationToken cancellation)
    {
        if (shared is null) return await source.ApplyAsync(request, By(by, action), cancellation);
        var applied = await shared.ApplyAsync(request, by, action, cancellation);
        // A version is noted where it is added.
        if (applied.Reload.Faults.Count > 0) await By(by, action)(applied.Reload);
        return applied;
    }

    /// <summary>The text of a version of the history, its secrets masked where the running ones are to be put in their place; none if there is none.</summary>
    public async Task<string?> FindTextAsync(string version, CancellationToken cancellation) =>
        shared is not null ? await shared.FindTextAsync(version, cancellation) : (await history.FindAsync(version, cancellation))?.Text;

    /// <summary>Notes the configuration that a start began with, unless the last one noted is the same. That of a cluster was noted by whoever made it.</summary>
    public async Task RecordStartAsync(CancellationToken cancellation)
    {
        if (shared is not null) return;
        var (last, text) = (await history.FindAsync(version: null, cancellation), ConfigurationText.Mask(source.Text));
        if (last?.Version == source.Current.Version && last.Text == text) return;
        await AddAsync(text, last?.Version, AuditActor.Start, "config.start", cancellation);
    }

    /// <summary>A recorder of reloads by that actor.</summary>
    public ReloadRecorder By(AuditActor by, string action = "config.reload") => async result =>
    {
        try
        {
            // Not to be cancelled: the change has been made.
            if (result.Changed) await AddAsync(ConfigurationText.Mask(source.Text), result.Before, by, action, CancellationToken.None);
            else if (result.Faults.Count > 0) await audit.AppendAsync(Refused(result, by), CancellationToken.None);
        }
        catch (DbException failed) when (by.RequestId is null)
        {
            // Nobody waits for an answer, and a full disk must end neither the watch of the file nor the program.
            log.NotNoted(action, failed.Message);
        }
    };

    private Task AddAsync(string text, string? before, AuditActor by, string action, CancellationToken cancellation)
    {
        var (version, now) = (source.Current.Version, time.GetUtcNow());
        return history.AddAsync(new AppliedConfiguration(version, text, now, by.Id), Entry(now, by, action, before, version), cancellation);
    }

    /// <summary>What the audit log says of a version that came into force.</summary>
    public static AuditEntry Entry(DateTimeOffset now, AuditActor by, string action, string? before, string version) =>
        new(now, by, action, version, Before: before is null ? null : Version(before), After: Version(version));

    private AuditEntry Refused(ReloadResult result, AuditActor by) =>
        new(time.GetUtcNow(), by, "config.refused", result.Version, Before: Version(result.Version), After: Version(result.Version, result.Faults.Count));

    private static string Version(string version, int? faults = null)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (faults is { } count) json.WriteNumber("faults", count);
            json.WriteString("version", version);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

internal static partial class ConfigurationChangesLog
{
    [LoggerMessage(1903, LogLevel.Error, "{Action} could not be noted in the audit log: {Reason}")]
    public static partial void NotNoted(this ILogger log, string action, string reason);
}
