namespace OrleansGateway.Audit;

/// <summary>A change as it is handed to the log. Holds no secret: whoever makes one leaves them out.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="Action">What was done, such as <c>key.rotate</c>.</param>
/// <param name="Target">What it was done to: an id, or a version.</param>
/// <param name="Tenant">The organisation concerned; none if all are.</param>
/// <param name="Before">The target before, as JSON; none if there was none.</param>
/// <param name="After">The target after, as JSON; none if there is none.</param>
internal sealed record AuditEntry(
    DateTimeOffset At, AuditActor By, string Action, string Target, string? Tenant = null, string? Before = null, string? After = null);

/// <summary>A change as it stands in the log.</summary>
/// <param name="Sequence">Its place, from 1, without gaps.</param>
/// <param name="Entry">The change.</param>
/// <param name="PreviousHash">Hash of the record before; <see cref="AuditChain.Root"/> for the first.</param>
/// <param name="Hash">SHA-256 over the hash before and this record, in hexadecimal digits.</param>
internal sealed record AuditRecord(long Sequence, AuditEntry Entry, string PreviousHash, string Hash);
