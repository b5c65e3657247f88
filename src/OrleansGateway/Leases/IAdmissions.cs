namespace OrleansGateway.Leases;

/// <summary>The accounts of this machine as the stages see them: they ask for a hold, and end it once.</summary>
internal interface IAdmissions
{
    /// <summary>
    /// Takes the worst case from all these accounts, or from none. Usually at once and without allocating. May be called again with the same hold and more accounts, or the same and
    /// more units; a refusal leaves the hold as it was before that call. What is refused in shadow is counted, not refused.
    /// </summary>
    /// <param name="hold">Where it is noted. New ones from <see cref="NewHold"/>.</param>
    /// <param name="accounts">Which accounts. At most 16 in one hold.</param>
    /// <param name="units">How much: each account takes its own dimension.</param>
    /// <param name="terms">How important it is and whether it may wait.</param>
    /// <param name="cancellation">The client has gone.</param>
    ValueTask<Admission> AdmitAsync(Hold hold, ReadOnlyMemory<Account> accounts, Amounts units, AdmissionTerms terms, CancellationToken cancellation);

    /// <param name="name">The request's id.</param>
    Hold NewHold(string name);

    /// <summary>The account, made when it is first asked for; none if there are as many as may be, and the rule then says what happens.</summary>
    Account? Find(string owner, AccountId id, AccountSpec spec);

    /// <summary>Has what was spent until now said to the owners, which otherwise takes a second: for whoever compares them with other books.</summary>
    Task ReportAsync(CancellationToken cancellation);
}

/// <summary>On what terms a request is admitted.</summary>
/// <param name="Priority">0 low, 1 normal, 2 high.</param>
/// <param name="WaitMax">How long it may wait in a queue, or be put off to shape the traffic; zero to be refused at once.</param>
/// <param name="QueueMax">Most requests that may wait for one account; with as many there it is refused at once.</param>
internal readonly record struct AdmissionTerms(byte Priority, TimeSpan WaitMax, int QueueMax = int.MaxValue);

/// <summary>Whether a request was admitted, and if not, why.</summary>
/// <param name="Denial">None if it was.</param>
/// <param name="Binding">The account that has not enough.</param>
/// <param name="RetryAfter">When it would have been, with no other traffic; zero if nobody can say.</param>
internal readonly record struct Admission(Denial Denial, Account? Binding, TimeSpan RetryAfter)
{
    public bool IsGranted => Denial == Denial.None;
}
