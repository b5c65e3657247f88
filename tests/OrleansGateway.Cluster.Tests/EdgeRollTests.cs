using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Cluster.Tests;

public sealed class EdgeRollTests
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);
    private static readonly Guid s_one = new("11111111-0000-0000-0000-000000000000");
    private static readonly Guid s_two = new("22222222-0000-0000-0000-000000000000");

    [Fact]
    public void AppliedByAll_OfNobody_IsEverything() => Assert.Equal(long.MaxValue, new EdgeRoll(s_silence, TimeSpan.MinValue).AppliedByAll(At(0)));

    [Fact]
    public void AppliedByAll_IsThatOfTheLastOfThoseThatMayServe()
    {
        var roll = new EdgeRoll(s_silence, TimeSpan.MinValue);
        roll.Answered(s_one, 5, At(0));
        roll.Answered(s_two, 7, At(1));
        Assert.Equal(5, roll.AppliedByAll(At(3)));
        // Its right has run out by then, by the slowest of clocks.
        Assert.Equal(7, roll.AppliedByAll(At(3.2)));
        Assert.Equal(long.MaxValue, roll.AppliedByAll(At(4.2)));
        // It comes back.
        roll.Heard(s_one, 5);
        roll.Answered(s_one, 5, At(5));
        Assert.Equal(5, roll.AppliedByAll(At(5)));
        roll.Heard(s_one, 9);
        Assert.Equal(9, roll.AppliedByAll(At(5)));
        roll.Left(s_one);
        Assert.Equal(long.MaxValue, roll.AppliedByAll(At(5)));
    }

    [Fact]
    public void AppliedByAll_WhileEdgesOfTheHubBeforeMayServe_IsNotKnown()
    {
        var roll = new EdgeRoll(s_silence, holdUntil: At(4));
        roll.Answered(s_one, 5, At(3));
        Assert.Null(roll.AppliedByAll(At(3.9)));
        Assert.Equal(5, roll.AppliedByAll(At(4)));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void AppliedByAll_OverAnyHistory_IsNeverMoreThanAnEdgeThatTrustsItselfHasApplied(int seed)
    {
        var (random, now, head) = (new Random(seed), 0.0, 0L);
        var roll = new EdgeRoll(s_silence, TimeSpan.MinValue);
        var edges = Enumerable.Range(0, 4).Select(i => (Id: new Guid(i + 1, 0, 0, new byte[8]), Authority: new EdgeAuthority(s_silence), Applied: 0L)).ToArray();
        for (var step = 0; step < 5_000; step++)
        {
            now += random.NextDouble();
            head += random.Next(3);
            ref var edge = ref edges[random.Next(edges.Length)];
            // An edge asks; the answer is made a little later, and may be lost.
            var asked = now - (random.NextDouble() / 2);
            roll.Heard(edge.Id, edge.Applied);
            roll.Answered(edge.Id, edge.Applied, At(now));
            if (random.Next(4) > 0)
            {
                edge.Applied = Math.Min(head, edge.Applied + random.Next(8));
                edge.Authority.HasApplied(edge.Applied);
                edge.Authority.Heard(head, At(asked));
            }

            var acknowledged = roll.AppliedByAll(At(now));
            Assert.All(edges, e => Assert.True(e.Authority.IsSuspect(At(now)) || e.Applied >= acknowledged, $"step {step}"));
        }
    }

    [Fact]
    public void Recent_GivesWhatIsBehindAPlace_AndNothingWhereSomeOfItIsMissing()
    {
        var recent = new RecentInvalidations(most: 3);
        Assert.Null(recent.Behind(0, 10));
        for (var seq = 5L; seq <= 8; seq++) recent.Add(Numbered(seq));
        Assert.Null(recent.Behind(4, 10));
        Assert.Equal([6L, 7L, 8L], recent.Behind(5, 10)!.Select(n => n.Seq));
        Assert.Equal([7L], recent.Behind(6, 1)!.Select(n => n.Seq));
        // One that was written and reported as failed is not here.
        recent.Add(Numbered(10));
        Assert.Null(recent.Behind(8, 10));
        Assert.Equal([10L], recent.Behind(9, 10)!.Select(n => n.Seq));
    }

    private static NumberedInvalidation Numbered(long seq) => new("acme", seq, [Selector.All], InvalidationMode.Hard);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
