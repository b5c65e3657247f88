namespace OrleansGateway.Http.StructuredFields;

/// <summary>An item or an inner list, with its parameters (RFC 9651 §3.1, §3.2).</summary>
/// <param name="Value">Of an item.</param>
/// <param name="Inner">Items of an inner list; none if it is an item.</param>
/// <param name="Parameters">In order, each key once.</param>
internal sealed record FieldMember(BareItem Value, IReadOnlyList<FieldMember>? Inner, IReadOnlyList<KeyValuePair<string, BareItem>> Parameters)
{
    public bool IsString => Inner is null && Value.Kind == BareKind.String;
}
