namespace OrleansGateway.Tests.Shedding;

/// <summary>The core in a closed loop with a processor that has too much to do.</summary>
public sealed class ShedSimulationTests
{
    private const int Low = 0, Normal = 1, High = 2;

    // More than a lucky draw or two: a failure names its seed.
    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_OfTwiceWhatCanBeServed_ServesTheHighAndMostOfWhatThereIsRoomFor(int seed)
    {
        var plant = Overloaded(seed, low: 800, normal: 800, high: 400);

        Assert.Equal(0, plant.Refused[High]);
        Assert.True(plant.Refused[Low] > 0.9 * (plant.Taken[Low] + plant.Refused[Low]), $"low: {plant.Taken[Low]} taken, {plant.Refused[Low]} refused");
        // 1,000 a second is all that can be served, for 60 s.
        Assert.True(plant.Taken.Sum() > 0.85 * 60_000, $"{plant.Taken.Sum()} taken");
        Assert.True(plant.BacklogMax < 1.5, $"{plant.BacklogMax} s");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_OfAFifthTooMuch_RefusesHardlyAnyButTheLow(int seed)
    {
        var plant = Overloaded(seed, low: 600, normal: 400, high: 200);
        // The depth swings a little about its place, and may touch the next class.
        Assert.True(plant.Refused[Normal] < 0.01 * plant.Taken[Normal], $"{plant.Refused[Normal]} of normal priority refused");
        Assert.Equal(0, plant.Refused[High]);
        Assert.True(plant.Taken.Sum() > 0.85 * 60_000, $"{plant.Taken.Sum()} taken");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_OfTheHighAlone_IsRefusedInPartAndKeepsTheQueueShort(int seed)
    {
        var plant = Overloaded(seed, low: 100, normal: 100, high: 3000);
        Assert.True(plant.Taken[High] > 0.75 * 60_000, $"{plant.Taken[High]} taken");
        Assert.True(plant.BacklogMax < 3, $"{plant.BacklogMax} s");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_ThatHasGone_LetsAllInAgain(int seed)
    {
        var plant = Overloaded(seed, low: 800, normal: 800, high: 400);
        plant.Run(TimeSpan.FromSeconds(40), low: 200, normal: 200, high: 100);
        Assert.Equal(0, plant.Core.Depth);
        Assert.Equal(0, plant.Core.Level);
        plant.Forget();
        plant.Run(TimeSpan.FromSeconds(60), low: 200, normal: 200, high: 100);
        Assert.Equal(0, plant.Refused.Sum());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_ThatStays_DoesNotMakeTheLevelFlap(int seed)
    {
        var plant = Overloaded(seed, low: 800, normal: 800, high: 400);
        Assert.True(plant.Changes <= 6, $"{plant.Changes} changes of level in 60 s");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Load_OfNineTenthsOfWhatCanBeServed_IsServedWhole(int seed)
    {
        var plant = new Plant(seed);
        plant.Run(TimeSpan.FromSeconds(120), low: 300, normal: 300, high: 300);
        Assert.Equal(0, plant.Refused.Sum());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Memory_ThatIsAllUsed_LetsNothingInUntilItIsFree(int seed)
    {
        var plant = new Plant(seed) { Memory = 1 };
        plant.Run(TimeSpan.FromSeconds(3), low: 100, normal: 100, high: 100);
        plant.Forget();
        plant.Run(TimeSpan.FromSeconds(1), low: 100, normal: 100, high: 100);
        Assert.Equal(0, plant.Taken.Sum());

        plant.Memory = 0.5;
        plant.Run(TimeSpan.FromSeconds(35), low: 100, normal: 100, high: 100);
        Assert.Equal(0, plant.Core.Level);
    }

    /// <summary>After the first 10 s, in which the core finds out, 60 s of the load.</summary>
    private static Plant Overloaded(int seed, int low, int normal, int high)
    {
        var plant = new Plant(seed);
        plant.Run(TimeSpan.FromSeconds(10), low, normal, high);
        plant.Forget();
        plant.Run(TimeSpan.FromSeconds(60), low, normal, high);
        return plant;
    }
}
