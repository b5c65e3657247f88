using System.Text;

namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>The table of mutants in docs/leases-mutants.md.</summary>
internal static class MutantTable
{
    public static string Of(IReadOnlyList<MutantResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            # Mutants of the lease protocol

            Each is one thing done wrong on purpose in the sources of `src/OrleansGateway/Leases`. `MutationTests` compiles each in memory, tries it by the directed schedules and then by
            seeds of the simulator, and fails when more than 5 % live. A patch that does not fit the sources any more fails it too. {results.Count(r => r.KilledBy is not null)} of {results.Count} are found out.

            Made by `MUTANT_TABLE=$PWD/docs/leases-mutants.md artifacts/bin/OrleansGateway.Tests/release/OrleansGateway.Tests -class "*MutationTests"`.

            | Mutant | What it breaks | Where | Found out by |
            |---|---|---|---|
            """);
        foreach (var (mutant, killedBy, _) in results)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {mutant.Name} | {mutant.Breaks} | `{mutant.File}` | {killedBy ?? "nothing yet"} |");
        }

        return text.ToString();
    }
}
