namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>What goes wrong in a run, and how often. Zero is never.</summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>Messages lost, in 1/1000.</summary>
    public int Lost { get; init; }

    /// <summary>Messages that arrive twice, in 1/1000.</summary>
    public int Doubled { get; init; }

    /// <summary>Messages that take seconds, in 1/1000.</summary>
    public int Late { get; init; }

    /// <summary>Writes of the ledger that fail, in 1/1000; half of them are written all the same.</summary>
    public int LedgerFails { get; init; }

    /// <summary>Clocks run up to so many millionths too fast or too slow.</summary>
    public int DriftPpm { get; init; }

    /// <summary>Mean time between crashes of edges.</summary>
    public TimeSpan EdgeCrash { get; init; }

    /// <summary>Crashes after which the disk is gone, in 1/100.</summary>
    public int DiskGone { get; init; }

    /// <summary>Mean time between stops of an edge's process, whose clock goes on.</summary>
    public TimeSpan EdgePause { get; init; }

    /// <summary>Mean time between pauses of an edge's whole machine, whose clocks stand still.</summary>
    public TimeSpan MachinePause { get; init; }

    /// <summary>Mean time between settings of an edge's wall clock, forward or back.</summary>
    public TimeSpan WallSet { get; init; }

    /// <summary>Mean time between cuts of an edge from all owners.</summary>
    public TimeSpan Partition { get; init; }

    /// <summary>Mean time between wrong beliefs that an edge is gone.</summary>
    public TimeSpan WrongSuspect { get; init; }

    public TimeSpan OwnerCrash { get; init; }

    public TimeSpan OwnerPause { get; init; }

    /// <summary>Mean time between take-overs by another machine while the first still takes itself for the owner.</summary>
    public TimeSpan TwoOwners { get; init; }

    /// <summary>Mean time between changes of limits.</summary>
    public TimeSpan Change { get; init; }

    /// <summary>Mean time between acts of operators.</summary>
    public TimeSpan Act { get; init; }

    /// <summary>Each kind of fault is there in about every other run, so that they also come alone.</summary>
    public static Faults Of(Random random) => new()
    {
        Lost = Maybe(random, 100),
        Doubled = Maybe(random, 100),
        Late = Maybe(random, 50),
        LedgerFails = Maybe(random, 100),
        DriftPpm = random.Next(2) * 500,
        EdgeCrash = Every(random, 5),
        DiskGone = random.Next(101),
        EdgePause = Every(random, 5),
        MachinePause = Every(random, 10),
        WallSet = Every(random, 10),
        Partition = Every(random, 10),
        WrongSuspect = Every(random, 10),
        OwnerCrash = Every(random, 8),
        OwnerPause = Every(random, 8),
        TwoOwners = random.Next(5) == 0 ? TimeSpan.FromSeconds(random.Next(10, 30)) : TimeSpan.Zero,
        Change = Every(random, 5),
        Act = Every(random, 5),
    };

    private static int Maybe(Random random, int max) => random.Next(2) * random.Next(1, max);

    private static TimeSpan Every(Random random, int seconds) => random.Next(2) * TimeSpan.FromSeconds(random.Next(seconds, seconds * 8));
}
