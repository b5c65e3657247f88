using System.Collections.Concurrent;

namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>
/// Whether the simulator and the directed schedules would notice if the protocol were wrong. <c>MUTANT_SEEDS</c> gives each mutant more seeds to survive than the few there is time
/// for in CI, and <c>MUTANT_TABLE=file</c> writes the table that is docs/leases-mutants.md.
/// </summary>
// On its own: it keeps both cores busy for minutes, and what waits for an answer beside it would wait too long.
[CollectionDefinition(nameof(MutationTests), DisableParallelization = true)]
[Collection(nameof(MutationTests))]
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int SeedsInCi = 8;

    [Fact]
    public void Mutants_WhenTried_AreFoundOut()
    {
        var compiler = new MutantCompiler();
        Assert.Empty(Mutants.All.Select(compiler.FaultOf).OfType<string>());
        var seeds = int.Parse(Environment.GetEnvironmentVariable("MUTANT_SEEDS") ?? $"{SeedsInCi}", CultureInfo.InvariantCulture);
        var results = new ConcurrentDictionary<string, MutantResult>();
        Parallel.ForEach(
            Mutants.All,
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken },
            mutant => results[mutant.Name] = MutantTrial.Try(compiler, mutant, seeds));

        var table = Mutants.All.Select(m => results[m.Name]).ToArray();
        var killed = table.Count(r => r.KilledBy is not null);
        foreach (var result in table) output.WriteLine($"{result.Mutant.Name}: {result.KilledBy ?? "LIVES"}: {result.Failure?.Split('\n')[0]}");
        if (Environment.GetEnvironmentVariable("MUTANT_TABLE") is { Length: > 0 } file) File.WriteAllText(file, MutantTable.Of(table));

        Assert.True(table.Length >= 40, $"{table.Length} mutants");
        Assert.True(killed * 100 >= table.Length * 95, $"{killed} of {table.Length} mutants found out; alive: {string.Join(", ", table.Where(r => r.KilledBy is null).Select(r => r.Mutant.Name))}");
    }

    [Fact]
    public void Names_OfMutants_AreDifferent() => Assert.Equal(Mutants.All.Count, Mutants.All.DistinctBy(m => m.Name).Count());
}
