using System.Runtime.CompilerServices;

namespace OrleansGateway.Leases.Edges;

/// <summary>A request that was not admitted from what is to hand, and is being admitted with the owners' help.</summary>
internal sealed class PendingAdmission(Hold hold, ReadOnlyMemory<Account> accounts, Amounts units, AdmissionTerms terms, TimeSpan since)
{
    private readonly TaskCompletionSource<Admission> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Read by other threads: replaced whole.
    private volatile StrongBox<Admission> _refused = new();
    private readonly int[] _undone = new int[accounts.Length];

    public Hold Hold => hold;

    public ReadOnlySpan<Account> Accounts => accounts.Span;

    public Amounts Units => units;

    public byte Priority => terms.Priority;

    public TimeSpan Since => since;

    /// <summary>Until when it may wait.</summary>
    public TimeSpan Deadline => since + terms.WaitMax;

    /// <summary>The account that it waits for.</summary>
    public Account? Binding => Refused.Binding;

    /// <summary>When to look again if nothing is given back before.</summary>
    public TimeSpan RetryAt { get; set; }

    /// <summary>What it was told last.</summary>
    public Admission Refused => _refused.Value;

    /// <summary>Accounts in shadow that would have refused it, which were counted.</summary>
    public List<Account> Shadowed { get; } = [];

    /// <summary>Where the hold stood before the last try.</summary>
    public int Mark { get; set; }

    /// <summary>Entered by whoever tries, and by whoever leaves the queue: afterwards nobody touches the hold.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    public Task<Admission> Answer => _answer.Task;

    public bool IsAnswered => _answer.Task.IsCompleted;

    /// <summary>The first answer counts.</summary>
    public bool TryAnswer(Admission admission) => _answer.TrySetResult(admission);

    /// <summary>From now on it waits for the account that it was refused by: what goes back to that is told. For nothing: it waits no more.</summary>
    public void WaitFor(Admission refused)
    {
        if (refused.Binding != Binding)
        {
            if (refused.Binding is { } next) Interlocked.Increment(ref next.Waiting);
            if (Binding is { } former) Interlocked.Decrement(ref former.Waiting);
        }

        _refused = new(refused);
    }

    public void NoteUndone()
    {
        for (var i = 0; i < _undone.Length; i++) _undone[i] = Volatile.Read(ref Accounts[i].Undone);
    }

    /// <summary>
    /// Whether a refusal says nothing: a lease has ended meanwhile, or another request had units of the binding account for a moment and was then refused elsewhere. Of the two
    /// one would have been admitted, had they come one after the other.
    /// </summary>
    public bool WasOvertaken(Admission refusal)
    {
        if (refusal.Denial is Denial.Never or Denial.Unavailable || refusal.Binding is not { } binding) return false;
        if (refusal is { Denial: Denial.NotNow, RetryAfter.Ticks: 0 }) return true;
        for (var i = 0; i < _undone.Length; i++)
        {
            if (Accounts[i] == binding) return Volatile.Read(ref binding.Undone) != _undone[i];
        }

        return false;
    }
}
