namespace OrleansGateway.Accounting;

/// <summary>What the audit of usage has found.</summary>
/// <param name="At">When it was made.</param>
/// <param name="Records">Records that were read.</param>
/// <param name="Priced">Of them, those whose cost was reckoned anew.</param>
/// <param name="Accounts">Budgets and periods that were compared.</param>
/// <param name="Differences">What is wrong.</param>
/// <param name="Notes">What is no fault, and explains why two sums are not one; and what could not be compared.</param>
internal sealed record AuditReport(
    DateTimeOffset At, long Records, long Priced, long Accounts, IReadOnlyList<AuditDifference> Differences, IReadOnlyList<AuditNote> Notes);

/// <param name="Kind"><c>ledger</c>, <c>equation</c>, <c>lease</c>, <c>price</c>, <c>record</c>, <c>double</c>, <c>rollup</c>.</param>
/// <param name="Subject">Which account and period, record or rollup.</param>
/// <param name="Expected">What it should say.</param>
/// <param name="Found">What it says.</param>
/// <param name="Meaning">In a sentence.</param>
internal sealed record AuditDifference(string Kind, string Subject, string Expected, string Found, string Meaning);

/// <param name="Kind"><c>suspense</c>, <c>policy</c>, <c>reset</c>, <c>refund</c>, <c>rolling</c>, <c>recut</c>, <c>kept</c>, <c>price</c>, <c>moved</c>.</param>
/// <param name="Subject">Which account and period; or what.</param>
/// <param name="Text">In a sentence.</param>
internal sealed record AuditNote(string Kind, string Subject, string Text);
