namespace OrleansGateway.Events;

/// <summary>Something that happened, as it stands in the event log.</summary>
/// <param name="Tenant">Whose it is; none if it is the gateway's own.</param>
/// <param name="Sequence">Its place among those of the tenant, from 1, without gaps.</param>
/// <param name="Id">Names it for ever, however often it is sent: <c>evt_</c> and 32 hexadecimal digits.</param>
/// <param name="Type">One of <see cref="Configuration.EventTypes"/>.</param>
/// <param name="At">When it happened, to the millisecond.</param>
/// <param name="Data">What happened: a JSON object.</param>
internal sealed record GatewayEvent(string? Tenant, long Sequence, string Id, string Type, DateTimeOffset At, string Data);
