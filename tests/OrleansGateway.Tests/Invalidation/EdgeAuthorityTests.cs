using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

public sealed class EdgeAuthorityTests
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);

    [Fact]
    public void IsSuspect_BeforeFirstWord_IsTrue() => Assert.True(new EdgeAuthority(s_silence).IsSuspect(TimeSpan.Zero));

    [Fact]
    public void IsSuspect_CountsSilenceFromTheQuestion()
    {
        var edge = new EdgeAuthority(s_silence);
        edge.Heard(0, askedAt: At(10));
        Assert.False(edge.IsSuspect(At(12.9)));
        Assert.True(edge.IsSuspect(At(13)));
        edge.Heard(0, askedAt: At(9));
        Assert.True(edge.IsSuspect(At(13)));
        edge.Heard(0, askedAt: At(12));
        Assert.False(edge.IsSuspect(At(13)));
    }

    [Fact]
    public void IsSuspect_WhileSomethingIsMissing_IsTrue()
    {
        var edge = new EdgeAuthority(s_silence);
        edge.Heard(2, At(10));
        edge.HasApplied(1);
        Assert.True(edge.HasGap && edge.IsSuspect(At(10)));
        edge.HasApplied(2);
        Assert.False(edge.IsSuspect(At(10)));
        // An answer that was overtaken does not make the edge forget what there is.
        edge.Heard(1, At(10));
        Assert.False(edge.HasGap);
        edge.Lost();
        Assert.True(edge.IsSuspect(At(10)));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void IsSuspect_OverAnyHistory_WheneverTheOwnerMayNotWaitForTheEdge(int seed)
    {
        var (random, edge, now, head, applied, lastAnswered) = (new Random(seed), new EdgeAuthority(s_silence), 0.0, 0L, 0L, double.MinValue);
        for (var step = 0; step < 3_000; step++)
        {
            now += random.NextDouble();
            if (random.Next(3) == 0) head++;
            // The owner answers now what the edge asked a while ago; from then on it waits for the edge for as long as the edge may be silent.
            if (random.Next(3) == 0)
            {
                var asked = now - random.NextDouble();
                edge.Heard(head, At(asked));
                lastAnswered = Math.Max(lastAnswered, now);
            }

            if (random.Next(2) == 0) edge.HasApplied(applied = Math.Min(head, applied + random.Next(3)));
            if (now >= lastAnswered + s_silence.TotalSeconds) Assert.True(edge.IsSuspect(At(now)), $"step {step}");
        }
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
