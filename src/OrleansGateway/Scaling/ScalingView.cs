namespace OrleansGateway.Scaling;

/// <summary>What was seen at one look, and what follows from it.</summary>
/// <param name="Own">The load of this gateway.</param>
/// <param name="All">The load of all.</param>
/// <param name="Verdicts">How many replicas each target should have, by its id.</param>
internal sealed record ScalingView(NodeLoad Own, FleetLoad All, IReadOnlyDictionary<string, ScalingVerdict> Verdicts)
{
    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when there is a newer one.</summary>
    public Task Replaced => _replaced.Task;

    public void Replace() => _replaced.TrySetResult();
}
