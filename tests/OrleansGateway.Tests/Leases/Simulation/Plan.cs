namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>A run, as its seed has it.</summary>
internal sealed record Plan
{
    public required int Seed { get; init; }

    public required int Edges { get; init; }

    public required IReadOnlyList<AccountPlan> Accounts { get; init; }

    /// <summary>Which accounts a kind of request takes from, by their place in <see cref="Accounts"/>.</summary>
    public required IReadOnlyList<int[]> Kinds { get; init; }

    /// <summary>Requests per second on all edges together.</summary>
    public required double Rate { get; init; }

    public required Faults Faults { get; init; }

    /// <summary>Whether requests that may wait are put off by owners.</summary>
    public bool IsShaped { get; init; }

    /// <summary>How long things go wrong, and requests come.</summary>
    public required TimeSpan Length { get; init; }

    public static Plan Of(int seed)
    {
        var random = new Random(seed);
        var count = random.Next(1, 13);
        var owners = random.Next(3) == 0 ? 2 : 1;
        var accounts = Enumerable.Range(0, count).Select(i => AccountPlan.Of(random, $"owner{random.Next(owners)}", i)).ToArray();
        return new Plan
        {
            Seed = seed,
            Edges = random.Next(3) == 0 ? random.Next(1, 33) : random.Next(1, 7),
            Accounts = accounts,
            Kinds = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Some(random, count))],
            Rate = random.Next(5, 80),
            Faults = random.Next(20) == 0 ? Faults.None : Faults.Of(random),
            IsShaped = random.Next(5) == 0,
            Length = TimeSpan.FromSeconds(random.Next(30, 120)),
        };
    }

    private static int[] Some(Random random, int count)
    {
        var all = Enumerable.Range(0, count).ToArray();
        random.Shuffle(all);
        return all[..random.Next(1, count + 1)];
    }
}
