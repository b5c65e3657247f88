using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>Notices that somebody changed the configuration file of a node where the cluster's configuration is in force, and may wait for it to take effect.</summary>
internal sealed class FileEdits(SnapshotSource source, TimeProvider time)
{
    private string? _seen;
    private volatile Edit? _edit;

    /// <summary>When the file was found changed; none if it was not, was put back, or another version has come into force since.</summary>
    public DateTimeOffset? Open => _edit is { } edit && edit.Version == source.Current.Version ? edit.At : null;

    /// <summary>Answers the version in force if the file was changed since the last look, and says something else of what is the cluster's.</summary>
    public string? Look()
    {
        var (file, before) = (source.FileText, _seen);
        _seen = file;
        if (before is null || file == before || source.Shared is not { } shared) return null;
        if (NodeSections.Without(file) is "" || NodeSections.SameRest(file, shared.Text)) _edit = null;
        else if (!NodeSections.SameRest(file, before)) return (_edit = new Edit(time.GetUtcNow(), source.Current.Version)).Version;
        return null;
    }

    private sealed record Edit(DateTimeOffset At, string Version);
}
