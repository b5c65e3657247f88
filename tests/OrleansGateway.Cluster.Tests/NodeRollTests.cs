using OrleansGateway.Cluster.Scaling;
using OrleansGateway.Scaling;

namespace OrleansGateway.Cluster.Tests;

/// <summary>Who is counted among the nodes that serve.</summary>
public sealed class NodeRollTests
{
    private static readonly Guid s_one = new("00000000-0000-0000-0000-000000000001"), s_other = new("00000000-0000-0000-0000-000000000002");

    private readonly NodeRoll _roll = new();

    [Fact]
    public void Take_OfTwoNodes_AnswersWhatEachHasSaidLast()
    {
        Take(s_one, 10, 0);
        Assert.Equal([5, 10], Take(s_other, 5, 0.5));
        Assert.Equal([5, 30], Take(s_one, 30, 1));
    }

    [Fact]
    public void Take_OfANodeThatIsSilent_ForgetsIt()
    {
        Take(s_one, 10, 0);
        Assert.Equal([5, 10], Take(s_other, 5, 4.9));
        Assert.Equal([5], Take(s_other, 5, 5));
        Assert.Equal([5, 7], Take(s_one, 7, 6));
    }

    private long[] Take(Guid node, long inFlight, double seconds) =>
        [.. _roll.Take(node, new NodeLoad(true, inFlight, TimeSpan.Zero, 0, TimeSpan.Zero), TimeSpan.FromSeconds(seconds)).Select(l => l.RequestsInFlight).Order()];
}
