namespace OrleansGateway.Tests.Telemetry;

/// <summary>A span as a collector got it. Numbers of fields are those of opentelemetry/proto/trace/v1/trace.proto.</summary>
internal sealed class ReceivedSpan(ProtoMessage span, Dictionary<string, string> resource, string scope)
{
    public const int Server = 2;
    public const int Client = 3;
    public const int Error = 2;

    public string TraceId { get; } = span.Hex(1);
    public string SpanId { get; } = span.Hex(2);
    public string TraceState { get; } = span.Text(3);
    public string ParentId { get; } = span.Hex(4);
    public string Name { get; } = span.Text(5);
    public int Kind { get; } = (int)span.Value(6);
    public DateTimeOffset EndedAt { get; } = DateTimeOffset.UnixEpoch.AddTicks((long)(span.Value(8) / 100));
    public Dictionary<string, string> Attributes { get; } = span.Attributes(9);
    public int Status { get; } = (int)(span.All(15).SingleOrDefault()?.Value(3) ?? 0);
    public Dictionary<string, string> Resource => resource;
    public string Scope => scope;

    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);

    public static IEnumerable<ReceivedSpan> In(ProtoMessage request) =>
        from resource in request.All(1)
        from scope in resource.All(2)
        from span in scope.All(2)
        select new ReceivedSpan(span, resource.All(1).Single().Attributes(1), scope.All(1).Single().Text(1));
}
