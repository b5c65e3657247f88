namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>One thing done wrong on purpose, as a patch of one source file.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Breaks">What follows from it.</param>
/// <param name="File">Under src/OrleansGateway/Leases; or <c>Simulation/</c> and a file there.</param>
/// <param name="Snippet">Text that stands there exactly once.</param>
/// <param name="Replacement">What stands there instead.</param>
internal sealed record Mutant(string Name, string Breaks, string File, string Snippet, string Replacement);
