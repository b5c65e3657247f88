namespace OrleansGateway.Scaling;

/// <summary>The gateways that serve together, and what each has to do.</summary>
internal interface INodeLoads
{
    /// <summary>Tells the others of this gateway's load, and answers that of all, its own among them; none if the others cannot be asked.</summary>
    ValueTask<IReadOnlyCollection<NodeLoad>?> ShareAsync(NodeLoad own, CancellationToken cancellation);
}

/// <summary>There are no others.</summary>
internal sealed class OneNode : INodeLoads
{
    public ValueTask<IReadOnlyCollection<NodeLoad>?> ShareAsync(NodeLoad own, CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyCollection<NodeLoad>?>([own]);
}
