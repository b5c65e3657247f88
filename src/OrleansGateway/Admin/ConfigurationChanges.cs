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
internal sealed class ConfigurationChanges(SnapshotSource source, IConfigurationHistory history, IAuditLog audit, TimeProvider time, ILogger<ConfigurationChanges> log)
{
    public SnapshotSource Source => source;

    public IConfigurationHistory History => history;

    /// <summary>Notes the configuration that a start began with, unless the last one noted is the same.</summary>
    public async Task RecordStartAsync(CancellationToken cancellation)
    {
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
        var entry = new AuditEntry(now, by, action, version, Before: before is null ? null : Version(before), After: Version(version));
        return history.AddAsync(new AppliedConfiguration(version, text, now, by.Id), entry, cancellation);
    }

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
