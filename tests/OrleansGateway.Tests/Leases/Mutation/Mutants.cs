namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>All that is done wrong on purpose.</summary>
internal static partial class Mutants
{
    public static IReadOnlyList<Mutant> All { get; } = [.. Rates, .. Windows, .. Money, .. Deaths, .. Talk, .. Holds, .. Pauses];
}
