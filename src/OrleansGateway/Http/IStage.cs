namespace OrleansGateway.Http;

/// <summary>The rest of the way of a request, from the stage after this one on.</summary>
internal delegate ValueTask Next(Exchange exchange);

/// <summary>
/// One step on the way of a request. A stage passes on by calling <c>next</c>, or ends the way by refusing (<see cref="Exchange.Refuse"/>) or by
/// answering. One instance serves all requests.
/// </summary>
internal interface IStage
{
    ValueTask InvokeAsync(Exchange exchange, Next next);
}
