using System.Diagnostics.CodeAnalysis;

namespace OrleansGateway.Leases.Owners;

/// <summary>Finds accounts in a set by their ids: a table of ids beside the accounts would cost a million of them 20 MB.</summary>
internal sealed class OwnerAccountIds : IEqualityComparer<OwnerAccount>, IAlternateEqualityComparer<AccountId, OwnerAccount>
{
    public static readonly OwnerAccountIds Instance = new();

    private OwnerAccountIds()
    {
    }

    public bool Equals(OwnerAccount? x, OwnerAccount? y) => x?.Id == y?.Id;

    public bool Equals(AccountId alternate, OwnerAccount other) => alternate == other.Id;

    public int GetHashCode([DisallowNull] OwnerAccount obj) => obj.Id.GetHashCode();

    public int GetHashCode(AccountId alternate) => alternate.GetHashCode();

    public OwnerAccount Create(AccountId alternate) => throw new NotSupportedException("An account is made of more than its id.");
}
