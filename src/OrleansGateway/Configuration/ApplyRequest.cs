namespace OrleansGateway.Configuration;

/// <summary>Notes what came of a reload, for those who ask later who changed what.</summary>
internal delegate Task ReloadRecorder(ReloadResult result);

/// <summary>A text that is to be the configuration from now on.</summary>
/// <param name="Text">The whole YAML document. Where a secret is <see cref="ConfigurationText.Masked"/>, the running one is meant.</param>
/// <param name="Version">The version that must be running, so that no change is built on a stale reading; none if any may.</param>
/// <param name="OverEdits">Whether the file may be written over although it holds an edit that is not in force.</param>
internal sealed record ApplyRequest(string Text, string? Version, bool OverEdits = false);

/// <summary>What kept a text from being looked at.</summary>
internal enum ApplyObstacle
{
    None,

    /// <summary>Another version is running than the one expected.</summary>
    VersionChanged,

    /// <summary>The file on disk is not the one that is running.</summary>
    FileChanged,

    /// <summary>The file cannot be written.</summary>
    NotWritable,

    /// <summary>The cluster's store did not say that it was done.</summary>
    StoreUnavailable,
}

/// <summary>What came of applying a text.</summary>
internal sealed record ApplyResult(ReloadResult Reload, ApplyObstacle Obstacle = ApplyObstacle.None);
