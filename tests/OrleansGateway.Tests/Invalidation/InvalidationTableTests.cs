using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>A table that follows one sequence of all tenants.</summary>
public sealed class InvalidationTableTests
{
    private static readonly Selector Tag = new(SelectorKind.Tag, "a");

    private readonly InvalidationTable _table = new();

    [Fact]
    public void ApplyShared_OfATenantThatNothingIsStoredOf_KeepsNothing()
    {
        _table.ApplyShared(Numbered("acme", 7));
        Assert.Empty(_table.Tenants);
    }

    [Theory]
    [InlineData("acme", true)] [InlineData(Mapping.AllTenants, true)] [InlineData("other", false)] [InlineData(null, false)]
    public void ApplyShared_WithNumbersOfOthersBetween_ConcernsItsTenantOnly(string? tenant, bool isConcerned)
    {
        var (acme, set, fill) = Stored("acme");
        _table.ApplyShared(Numbered(tenant, 7));
        Assert.Equal(isConcerned ? Standing.Gone : Standing.Valid, acme.Check(set, fill.Seq));
        Assert.Equal(isConcerned ? 7 : 0, acme.Applied);
        _table.ApplyShared(Numbered("acme", 9));
        Assert.Equal(Standing.Gone, acme.Check(set, 8));
        Assert.Equal(Standing.Valid, acme.Check(set, 9));
    }

    [Fact]
    public void Forget_MakesAllInvalid_WhatIsBeingFetchedToo()
    {
        var (acme, set, fill) = Stored("acme");
        var (everybodys, shared, _) = Stored(null);
        _table.Forget(5);
        Assert.Equal(Standing.Gone, acme.Check(set, fill.Seq));
        Assert.Equal(Standing.Gone, everybodys.Check(shared, 0));
        Assert.False(acme.MayJoin(fill));
        Assert.Equal(Standing.Valid, acme.Check(set, 5));
    }

    [Fact]
    public void IsSuspect_WhereTrustIsLimited_IsSoOfAllTenantsUntilHeardAndAfterTooLong()
    {
        var (now, acme) = (TimeSpan.FromSeconds(10), _table.Of("acme"));
        Assert.False(acme.IsSuspect);
        _table.Trust.Limit(() => now);
        Assert.True(acme.IsSuspect && _table.Of("new").IsSuspect && _table.Of(null).IsSuspect);
        _table.Trust.Until(TimeSpan.FromSeconds(11));
        Assert.False(acme.IsSuspect || _table.Of("new").IsSuspect);
        now = TimeSpan.FromSeconds(11);
        Assert.True(acme.IsSuspect);
    }

    private static NumberedInvalidation Numbered(string? tenant, long seq) => new(tenant, seq, [Tag], InvalidationMode.Hard);

    private (TenantInvalidations Tenant, CellSet Set, FillTicket Fill) Stored(string? tenant)
    {
        var invalidations = _table.Of(tenant);
        var fill = invalidations.BeginFill();
        return (invalidations, invalidations.Intern(fill, "h", "h/", [Tag]), fill);
    }
}
