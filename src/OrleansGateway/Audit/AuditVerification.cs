namespace OrleansGateway.Audit;

/// <summary>Whether the log is as it was written.</summary>
/// <param name="Records">How many records are right, from the first on.</param>
/// <param name="Head">Hash of the last of them. Note it elsewhere: a log written anew from the start has another.</param>
/// <param name="Fault">What is wrong, and where; none if nothing is.</param>
internal sealed record AuditVerdict(long Records, string Head, string? Fault);

/// <summary>Goes along the records of a log in their order, and stops at the first that is not as it was written.</summary>
internal sealed class AuditVerification
{
    private long _records;
    private string _hash = AuditChain.Root;

    /// <summary>Takes the next record. Answers whether it is right; after one that is not, the verdict stands.</summary>
    public bool Take(AuditRecord record)
    {
        Fault ??= FaultOf(record);
        if (Fault is not null) return false;
        (_records, _hash) = (record.Sequence, record.Hash);
        return true;
    }

    private string? Fault { get; set; }

    /// <summary>The verdict, once all records were taken. The head is kept apart from them, so that a cut-off end is seen.</summary>
    public AuditVerdict End(long headSequence, string headHash)
    {
        if (Fault is null && (headSequence, headHash) != (_records, _hash))
            Fault = $"The log ends at record {_records}, and its head is record {headSequence}: the end was cut off, or the head was changed.";
        return new AuditVerdict(_records, _hash, Fault);
    }

    private string? FaultOf(AuditRecord record)
    {
        if (record.Sequence != _records + 1) return $"Record {_records + 1} is missing: record {record.Sequence} follows on {_records}.";
        if (record.PreviousHash != _hash) return $"Record {record.Sequence} does not follow on the record before: that one, or this one, was changed.";
        return AuditChain.HashOf(record.Sequence, record.PreviousHash, record.Entry) == record.Hash
            ? null
            : $"Record {record.Sequence} was changed: its hash is not that of its content.";
    }
}
