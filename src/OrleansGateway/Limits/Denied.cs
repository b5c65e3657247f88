using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>Why a request was not admitted.</summary>
/// <param name="Rule">The rule that has no room for it.</param>
/// <param name="Admission">What the edge said.</param>
internal readonly record struct Denied(CompiledRule Rule, Admission Admission);
