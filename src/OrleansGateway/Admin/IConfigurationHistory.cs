using OrleansGateway.Audit;

namespace OrleansGateway.Admin;

/// <summary>A configuration that was in force. Secrets that stood in its text are masked.</summary>
internal sealed record AppliedConfiguration(string Version, string Text, DateTimeOffset At, string Actor);

/// <summary>The configurations that were in force, the last <see cref="Max"/> of them. A port: SQLite on one machine, PostgreSQL in a cluster.</summary>
internal interface IConfigurationHistory
{
    /// <summary>How many are kept.</summary>
    const int Max = 100;

    /// <summary>Adds one, drops the oldest beyond the bound, and notes the change in the audit log; all or nothing.</summary>
    Task AddAsync(AppliedConfiguration applied, AuditEntry audit, CancellationToken cancellation);

    /// <summary>All, newest first.</summary>
    Task<IReadOnlyList<AppliedConfiguration>> ListAsync(CancellationToken cancellation);

    /// <summary>The newest of that version, or of any; none if there is none.</summary>
    Task<AppliedConfiguration?> FindAsync(string? version, CancellationToken cancellation);
}
