using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Edges;

/// <summary>An edge that has many accounts, or as many as may be.</summary>
public sealed class EdgeCapacityTests
{
    [Fact]
    public void Open_BeyondTheMost_IsNone_UntilOthersAreForgotten()
    {
        var rig = new EdgeRig(new() { AccountsMax = 2 });
        rig.Account("a");
        rig.Account("b");

        Assert.Null(rig.Core.Open(EdgeRig.OwnerName, new("c", ""), EdgeRig.Spec()));
        rig.Pass(TimeSpan.FromSeconds(5));
        Assert.NotNull(rig.Core.Open(EdgeRig.OwnerName, new("c", ""), EdgeRig.Spec()));
    }

    [Fact]
    public void IdleAccount_WhereThereAreMany_GivesAllBackAndIsForgottenSooner_ButForMoney()
    {
        var rig = new EdgeRig(new() { AccountsAtEase = 1 });
        var (idle, budget) = (rig.Stocked("idle", 5), rig.Stocked("money", 7, Dimension.Cost, AccountKind.Budget));
        rig.Pass(TimeSpan.FromSeconds(1.2));

        Assert.Equal((5, 7), (rig.Owner[idle.Id], budget.Remaining));
        Assert.All(rig.Owner.LeasesOf(idle.Id), l => Assert.True(l.IsClosed));
        Assert.Equal(1, rig.Core.AccountCount);

        Assert.NotSame(idle, rig.Core.Open(EdgeRig.OwnerName, idle.Id, EdgeRig.Spec()));
    }
}
