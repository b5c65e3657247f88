using System.Diagnostics;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>
/// Random runs of the lease protocol with all that goes wrong. <c>SIM_SEED=n</c> runs one seed, <c>SIM_SEEDS=20000</c> so many in place of the few there is time for in CI,
/// <c>SIM_FROM=n</c> from that one on. A failure says its seed and step, and the last things that happened; the others are run all the same.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsInCi = 300;

    [Fact]
    public void Leases_UnderFaults_BreakNothing()
    {
        var (first, count) = Number("SIM_SEED") is { } one ? (one, 1) : (Number("SIM_FROM") ?? 1, Number("SIM_SEEDS") ?? SeedsInCi);
        var (watch, virtualTime, failures) = (Stopwatch.StartNew(), TimeSpan.Zero, new List<string>());
        for (var seed = first; seed < first + count; seed++)
        {
            if (Trials.Seed(seed, out var length) is { } failure) failures.Add(failure);
            virtualTime += length;
        }

        output.WriteLine($"{count} seeds, {virtualTime} of virtual time in {watch.Elapsed}: {virtualTime / watch.Elapsed:F0} times real time");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} fail:\n{string.Join('\n', failures.Select(f => f.Split('\n')[0]))}\n\n{failures.FirstOrDefault()}");
    }

    [Fact]
    public void Seed_RunTwice_GivesTheSameRun()
    {
        foreach (var seed in new[] { 3, 7, 11 })
        {
            Assert.Equal(StepsOf(seed), StepsOf(seed));
        }
    }

    [Theory]
    [MemberData(nameof(ScheduleNames))]
    public void Schedule_WhenPlayed_BreaksNothing(string schedule)
    {
        var failure = Trials.Schedule(schedule);
        Assert.True(failure is null, failure);
    }

    /// <summary>Of twice what a bucket has, edges let through at least 99 % of what one bucket on one machine would.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    [InlineData(4, 16)]
    public void Bucket_AtTwiceItsRate_IsUsedUp(int seed, int edges)
    {
        var (admitted, ideal) = Utilisation.Of(seed, edges);
        output.WriteLine($"{admitted} of {ideal}: {100.0 * admitted / ideal:F2} %");
        Assert.InRange(admitted, ideal * 99 / 100, ideal);
    }

    public static TheoryData<string> ScheduleNames() => [.. Trials.ScheduleNames()];

    private static (long Steps, TimeSpan Now, string Trace) StepsOf(int seed)
    {
        var world = new World(Plan.Of(seed));
        world.Run();
        return (world.Agenda.Steps, world.Agenda.Now, world.Trace.ToString());
    }

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
