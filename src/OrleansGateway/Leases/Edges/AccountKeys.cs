using System.Diagnostics.CodeAnalysis;

namespace OrleansGateway.Leases.Edges;

/// <summary>Which account of which owner.</summary>
internal readonly record struct AccountKey(string Owner, AccountId Id);

/// <summary>Finds accounts in a set by owner and id.</summary>
internal sealed class AccountKeys : IEqualityComparer<Account>, IAlternateEqualityComparer<AccountKey, Account>
{
    public static readonly AccountKeys Instance = new();

    private AccountKeys()
    {
    }

    public bool Equals(Account? x, Account? y) => x == y || (x?.Owner == y?.Owner && x?.Id == y?.Id);

    public bool Equals(AccountKey alternate, Account other) => alternate.Id == other.Id && alternate.Owner == other.Owner;

    public int GetHashCode([DisallowNull] Account obj) => new AccountKey(obj.Owner, obj.Id).GetHashCode();

    public int GetHashCode(AccountKey alternate) => alternate.GetHashCode();

    public Account Create(AccountKey alternate) => throw new NotSupportedException("An account is made of more than its key.");
}
