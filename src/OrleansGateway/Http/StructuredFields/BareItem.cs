namespace OrleansGateway.Http.StructuredFields;

/// <summary>Types of bare items (RFC 9651 §3.3).</summary>
internal enum BareKind : byte
{
    Integer,
    Decimal,
    String,
    Token,
    Bytes,
    Boolean,
    Date,
    DisplayString,
}

/// <summary>A value of a structured field (RFC 9651 §3.3).</summary>
/// <param name="Kind">Its type, which says what of the others counts.</param>
/// <param name="Number">Of integers and decimals; seconds since 1970 of dates; 0 or 1 of booleans.</param>
/// <param name="Text">Of strings, tokens and display strings, decoded.</param>
/// <param name="Bytes">Of byte sequences, decoded.</param>
internal readonly record struct BareItem(BareKind Kind, decimal Number = 0, string Text = "", ReadOnlyMemory<byte> Bytes = default)
{
    /// <summary>What a key without a value says (§4.2.2, §4.2.3.2).</summary>
    public static BareItem True { get; } = new(BareKind.Boolean, 1);

    public bool IsTrue => Kind == BareKind.Boolean && Number != 0;
}
