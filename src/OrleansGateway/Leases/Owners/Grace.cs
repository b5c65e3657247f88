using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// How long an account may still be drawn on: what is spent beyond a soft budget is cut so long after its first grant in a period. That instant is in the
/// ledger, as a credit of nothing: written with the grant, and there again when the account is loaded.
/// </summary>
internal sealed class Grace(LedgerDraft draft)
{
    // Beside the ids that operators give their grants: the value of a header does not begin with a space.
    private const string MarkId = " exceeded";

    private CreditRow? _mark;

    /// <summary>Whether a credit is no money, but the instant.</summary>
    public static bool IsMark(CreditRow row) => row.Id == MarkId;

    public void Load(CreditRow row) => _mark = row;

    /// <summary>Something was granted: if it is the first in this period, the time runs from now on.</summary>
    public void Begin(LedgerAccount account, DateTimeOffset now)
    {
        if (account.Spec.Grace is null || Since(account.Current) is not null) return;
        // A clock that was set back must not have it begin again with each grant.
        var since = account.Current.Start is { } start && start > now ? start : now;
        _mark = new CreditRow(account.Id, MarkId, Amount: 0, Burned: 0, Priority: 0, since, ExpiresAt: null, RollsOver: false);
        draft.Changed(_mark);
    }

    /// <summary>What is left of the time; zero or less when it is over, none if it does not run.</summary>
    public TimeSpan? Left(LedgerAccount account, DateTimeOffset now) =>
        account.Spec.Grace is { } grace && Since(account.Current) is { } since ? since + grace - now : null;

    private DateTimeOffset? Since(LedgerPeriod period) => period.Start is { } start && _mark?.GrantedAt < start ? null : _mark?.GrantedAt;
}
